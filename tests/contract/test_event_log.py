"""The event log has every end of a job once, in an order without gaps, whatever is killed.

In memory, on SQLite and on the Firestore emulator.
"""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.adapters.memory import MemoryDocuments
from shared.jobs.event_log import EventLog, event_log_of
from shared.jobs.events import publish_job_event
from shared.jobs.job import NEVER, Job
from shared.jobs.logged_event import LoggedEvent
from shared.jobs.store import JobStore
from shared.model.contracts import Problem, Source
from shared.ports.documents import Documents
from tests.contract.conftest import Clock
from tests.support.interleaving import Killed, Steps, Turn, Worker, play

KEEP_DAYS = 30
NOT_AUDIO = Problem(
    type="urn:dropscribe:problem:not-audio", title="T", status=415, detail="words of the recording"
)


@pytest.fixture
def jobs(documents: Documents, clock: Clock) -> JobStore:
    return JobStore(documents, clock=clock)


@pytest.fixture
def begin(documents: Documents) -> int:
    """Returns the number after which the test's entries follow: the emulator keeps those of other
    tests."""
    return EventLog(documents, lambda: 0, KEEP_DAYS).last_number()


def source_of(number: int, folder: str = "team/") -> Source:
    return Source(bucket="inbox", name=f"{folder}call-{number}.wav", generation=number)


def end(jobs: JobStore, source: Source, run: int = 1) -> Job:
    """Returns the job of the recording, whose run is done."""
    jobs.claim(source, run, f"run {run}")
    jobs.finish(source.job_id, run, "done", tags={"x-order-id": "77"})
    return job_of(jobs, source)


def job_of(jobs: JobStore, source: Source) -> Job:
    job = jobs.find(source.job_id)
    assert job is not None
    return job


def test_an_entry_says_how_the_job_ended(jobs: JobStore, clock: Clock, begin: int) -> None:
    source = source_of(11)
    jobs.claim(source, 1, "run 1")
    jobs.finish(source.job_id, 1, "failed", problem=NOT_AUDIO, tags={"x-order-id": "77"})
    log = event_log_of(jobs)
    log.append(job_of(jobs, source))
    (entry,) = log.read(begin, 10)
    assert (entry.number, entry.type, entry.state) == (begin + 1, "dropscribe.job.failed", "failed")
    assert entry.event_id == f"{source.job_id}-1-failed"
    assert entry.time == datetime.fromtimestamp(clock.now, UTC)
    ended = entry.ended_job
    assert (ended.job_id, ended.run, ended.name) == (source.job_id, 1, source.name)
    assert (ended.problem_type, ended.tags) == (NOT_AUDIO.type, {"x-order-id": "77"})
    assert NOT_AUDIO.detail not in entry.model_dump_json()


def test_entries_are_numbered_and_read_from_any_number(jobs: JobStore, begin: int) -> None:
    log = event_log_of(jobs)
    ended = [end(jobs, source_of(number)) for number in range(21, 26)]
    for job in ended:
        log.append(job)
    ids = [job.event_id for job in ended]
    entries = log.read(begin, 10)
    assert [entry.event_id for entry in entries] == ids
    assert [entry.number for entry in entries] == list(range(begin + 1, begin + 6))
    assert [entry.event_id for entry in log.read(begin + 2, 2)] == ids[2:4]
    assert log.read(begin + 5, 10) == []
    assert log.last_number() == begin + 5


def test_a_folder_has_only_its_own_entries(jobs: JobStore, begin: int) -> None:
    log = event_log_of(jobs)
    for number, folder in enumerate(("a/", "b/", "a/x/"), 31):
        log.append(end(jobs, source_of(number, folder)))
    of_a = log.read(begin, 10, "a/")
    assert [entry.ended_job.name for entry in of_a] == ["a/call-31.wav", "a/x/call-33.wav"]
    assert [entry.number - begin for entry in of_a] == [1, 3]


def test_an_end_is_logged_once_and_each_run_has_one(jobs: JobStore, begin: int) -> None:
    log = event_log_of(jobs)
    source = source_of(41)
    first = end(jobs, source)
    log.append(first)
    log.append(first)
    log.append(job_of(jobs, source))
    second = end(jobs, source, run=2)
    log.append(second)
    log.append(second)
    log.append(first)
    entries = log.read(begin, 10)
    assert [entry.event_id for entry in entries] == [first.event_id, second.event_id]


def test_a_later_end_takes_the_number_that_a_killed_call_had_reserved(
    jobs: JobStore, begin: int
) -> None:
    log = event_log_of(jobs)
    killed, other = end(jobs, source_of(51)), end(jobs, source_of(52))

    def append(worker: Worker) -> None:
        EventLog(Steps(jobs.documents, worker), jobs.clock, KEEP_DAYS).append(killed)

    # It reads the last number and the job, and is killed once the job's document is written.
    results = play([append], [Turn(), Turn(), Turn(kill=True, late=True)])
    assert isinstance(results[0], Killed)
    reserved = job_of(jobs, killed.source).reserved_event
    assert reserved is not None and reserved.number == begin + 1
    assert log.read(begin, 10) == []
    log.append(other)
    log.append(killed)
    ids = [entry.event_id for entry in log.read(begin, 10)]
    assert ids == [other.event_id, killed.event_id]


def test_many_at_once_get_numbers_without_gaps(jobs: JobStore, begin: int) -> None:
    log = event_log_of(jobs)
    ended = [end(jobs, source_of(number)) for number in range(61, 73)]
    together = threading.Barrier(4)

    def append(job: Job) -> None:
        together.wait()
        log.append(job)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(append, ended))
    entries = log.read(begin, 100)
    assert [entry.number for entry in entries] == list(range(begin + 1, begin + 13))
    assert {entry.event_id for entry in entries} == {job.event_id for job in ended}


def test_an_entry_expires_once_another_follows_it(jobs: JobStore, clock: Clock, begin: int) -> None:
    log = event_log_of(jobs)
    log.append(end(jobs, source_of(81)))
    clock.now += 86_400 * 400
    log.append(end(jobs, source_of(82)))
    first, last = log.read(begin, 10)
    kept = timedelta(days=KEEP_DAYS)
    assert first.expires == datetime.fromtimestamp(clock.now, UTC) + kept
    assert last.expires == NEVER


def test_an_erased_job_leaves_no_name_in_the_log(jobs: JobStore, begin: int) -> None:
    log = event_log_of(jobs)
    source, other = source_of(91, "secret-team/"), source_of(92)
    for run in (1, 2):
        log.append(end(jobs, source, run))
    log.append(end(jobs, other))
    jobs.erase(source)
    log.erase(source.job_id)
    log.erase(source.job_id)
    first, second, third = log.read(begin, 10)
    for entry in (first, second):
        assert (entry.ended_job.name, entry.ended_job.tags) == (None, {})
        assert "secret-team" not in entry.model_dump_json()
        assert entry.is_in("secret-team/"), "its tenant still sees that it ended"
    assert (first.state, second.ended_job.run) == ("done", 2)
    assert third.ended_job.name == other.name


class Race:
    """Jobs in memory whose ends are logged by workers, each of whose calls of the store is a
    step."""

    def __init__(self, job_count: int) -> None:
        self.documents = MemoryDocuments()
        self.jobs = JobStore(self.documents)
        self.log = event_log_of(self.jobs)
        self.sources = [source_of(number) for number in range(1, job_count + 1)]
        self.ids = [end(self.jobs, source).event_id for source in self.sources]

    def publisher_of(self, source: Source) -> Callable[[Worker], object]:
        def publish(worker: Worker) -> object:
            jobs = JobStore(Steps(self.documents, worker))
            return publish_job_event(source.job_id, jobs, None)

        return publish

    def eraser_of(self, source: Source) -> Callable[[Worker], object]:
        def erase(worker: Worker) -> None:
            jobs = JobStore(Steps(self.documents, worker))
            jobs.erase(source)
            event_log_of(jobs).erase(source.job_id)

        return erase

    def runner_of(self, source: Source) -> Callable[[Worker], object]:
        """Returns what ends a second run of the job, and logs that."""

        def run(worker: Worker) -> object:
            jobs = JobStore(Steps(self.documents, worker))
            end(self.jobs, source, run=2)
            return publish_job_event(source.job_id, jobs, None)

        return run

    def entries(self) -> list[LoggedEvent]:
        return self.log.read(0, 1000)

    def repeat(self) -> None:
        """Log what is due, as reconcile does."""
        for job in list(self.jobs.list_unnotified()):
            publish_job_event(job.job_id, self.jobs, None)


turns = st.lists(
    st.builds(
        lambda worker, count, kill, late: [Turn(worker)] * count + [Turn(worker, kill, late)],
        st.integers(0, 7),
        st.integers(0, 9),
        st.sampled_from([False, False, False, True]),
        st.booleans(),
    ),
    max_size=12,
)
"""Bursts of steps of one worker, which may be killed at the last one."""


@settings(max_examples=150, deadline=None)
@given(st.integers(1, 3), st.integers(1, 2), turns)
def test_publishers_at_once_and_killed_anywhere_leave_no_gap_and_no_duplicate(
    job_count: int, publishers: int, bursts: list[list[Turn]]
) -> None:
    race = Race(job_count)
    works = [race.publisher_of(source) for source in race.sources] * publishers
    results = play(works, [turn for burst in bursts for turn in burst])
    assert all(isinstance(result, bool | Killed) for result in results)
    seen = race.entries()
    race.repeat()
    entries = race.entries()
    ids_so_far = [entry.event_id for entry in seen]
    assert [entry.event_id for entry in entries][: len(seen)] == ids_so_far, "none comes in between"
    assert [entry.number for entry in entries] == list(range(1, job_count + 1))
    assert Counter(entry.event_id for entry in entries) == Counter(race.ids)
    assert [entry.expires == NEVER for entry in entries] == [False] * (job_count - 1) + [True]


@settings(max_examples=150, deadline=None)
@given(turns)
def test_no_publisher_writes_a_name_after_an_erasure(bursts: list[list[Turn]]) -> None:
    """Two publishers of a first run, one of a second run, and the eraser, in any order; all but the
    eraser may be killed. Another job ends meanwhile."""
    race = Race(2)
    source, other = race.sources
    eraser = 4
    works = [
        race.publisher_of(source),
        race.publisher_of(source),
        race.runner_of(source),
        race.publisher_of(other),
        race.eraser_of(source),
    ]
    flat = [turn for burst in bursts for turn in burst]
    survivable = [Turn(eraser) if turn.worker % len(works) == eraser else turn for turn in flat]
    results = play(works, survivable)
    assert all(result is None or isinstance(result, bool | Killed) for result in results)
    race.repeat()
    entries = race.entries()
    assert [entry.number for entry in entries] == list(range(1, len(entries) + 1))
    assert len({entry.event_id for entry in entries}) == len(entries)
    assert race.ids[1] in {entry.event_id for entry in entries}
    for entry in entries:
        if entry.ended_job.job_id == source.job_id:
            assert (entry.ended_job.name, entry.ended_job.tags) == (None, {})
