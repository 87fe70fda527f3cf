"""Every end of a job is published, by finalize or later by reconcile."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import Any

import jsonschema
import pytest
from cloudevents.http import CloudEvent
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from functions.finalize.job import finalize
from functions.prepare.job import prepare
from functions.reconcile import sweep as sweeping
from functions.reconcile.sweep import Asked, Sweep
from shared.adapters.memory import MemoryBlobs, MemoryDocuments, MemoryEvents
from shared.jobs.events import publish_job_event
from shared.jobs.job import Job
from shared.jobs.store import JobStore
from shared.model.artifacts import Aligned
from shared.model.contracts import Artifact, Engine, Problem, Source, StageRequest
from shared.model.errors import Cancelled, EventsUnavailable, RecordingErased, Transient
from shared.model.schemas import FOLDER
from shared.ports.documents import Document, Documents
from shared.ports.events import EventPublisher
from shared.runtime.execution import store_output
from shared.runtime.stage import SingleOutput
from tests.support.interleaving import Killed, Steps, Turn, Worker, play
from tests.support.recordings import speech, wav

SOURCE = Source(bucket="dropscribe-inbox", name="team/call.wav", generation=1)
NOW = Asked(unanswered_after=0)
FAR = datetime(2100, 1, 1, tzinfo=UTC)
NOT_AUDIO = Problem(
    type="urn:dropscribe:problem:not-audio", title="T", status=415, detail="what somebody said"
)
BY_REQUEST = Cancelled("by request").problem(SOURCE.job_id, None)
HOW: dict[str, Problem | None] = {"done": None, "failed": NOT_AUDIO, "cancelled": BY_REQUEST}


class Away(MemoryEvents):
    """Pub/Sub does not answer until it is back."""

    away = True

    def publish(self, event: CloudEvent) -> None:
        if self.away:
            raise EventsUnavailable("RetryError from Pub/Sub")
        super().publish(event)


class Flickering(MemoryEvents):
    """Pub/Sub does not answer those calls for which `outages` says so."""

    def __init__(self, outages: list[bool]) -> None:
        super().__init__()
        self.outages = list(outages)

    def publish(self, event: CloudEvent) -> None:
        if self.outages and self.outages.pop(0):
            raise EventsUnavailable("RetryError from Pub/Sub")
        super().publish(event)


class Nothing:
    """Executions that nobody asks for."""

    def start(
        self, source: Source, run: int, options: Mapping[str, JsonValue] | None = None
    ) -> str:
        raise AssertionError("nothing is to be started")

    def report_problem(self, source: Source, run: int, problem: Problem) -> str:
        raise AssertionError("nothing is to be answered")

    def is_active(self, execution: str) -> bool:
        return False

    def cancel(self, execution: str) -> None:
        """None is there."""


@cache
def made() -> tuple[MemoryBlobs, Mapping[str, Artifact], Mapping[str, JsonValue]]:
    """All that the stages make of a second of silence, and what finalize is asked with it."""
    blobs = MemoryBlobs()
    blobs.put(SOURCE.uri, wav(speech()[:16_000] * 0), if_generation_match=0)
    params: dict[str, JsonValue] = {"run": 1, "execution": "run 1"}
    prepared = prepare(
        StageRequest(source=SOURCE, params=params), blobs, JobStore(MemoryDocuments())
    )
    engine = Engine(name="e", version="1")
    nothing = Aligned(segments=(), words=(), asr=engine, engines=(engine,))
    words = store_output("gs://dropscribe-work/x", SingleOutput("aligned", nothing), blobs)
    manifest = prepared.outputs["manifest"]
    assert isinstance(manifest, Artifact) and prepared.plan["finalize"]
    return blobs, {"manifest": manifest, "words-0": words}, prepared.plan["finalize"]


def fresh() -> MemoryBlobs:
    blobs = MemoryBlobs()
    for blob in made()[0].list("gs://"):
        blobs.put(blob.uri, made()[0].read(blob.uri), if_generation_match=0)
    return blobs


def asked(how: str, run: int) -> StageRequest:
    """What the workflow asks of finalize at the end of a run that ends so."""
    problem = HOW.get(how)
    params: dict[str, JsonValue] = {"run": run, "execution": f"run {run}"}
    if how == "retryable":
        return StageRequest(source=SOURCE, params={**params, "error": {"code": 503}})
    if problem:
        return StageRequest(
            source=SOURCE, params={**params, "error": {"problem": problem.model_dump()}}
        )
    _, inputs, planned = made()
    return StageRequest(source=SOURCE, inputs=dict(inputs), params={**planned, **params})


@pytest.fixture
def blobs() -> MemoryBlobs:
    return fresh()


@pytest.fixture
def jobs() -> JobStore:
    return JobStore(MemoryDocuments(), notifies=True)


def job_of(jobs: JobStore) -> Job:
    job = jobs.find(SOURCE.job_id)
    assert job is not None
    return job


@pytest.mark.parametrize("how", HOW)
def test_each_way_to_end_is_told_after_the_job_is_settled(
    blobs: MemoryBlobs, jobs: JobStore, how: str
) -> None:
    class Looking(MemoryEvents):
        def publish(self, event: CloudEvent) -> None:
            mark = "transcript.json" if how == "done" else "problem.json"
            assert blobs.find(f"gs://dropscribe-outbox/{SOURCE.name}/{mark}"), "the answer stands"
            assert job_of(jobs).state == how, "the job is settled"
            super().publish(event)

    told = Looking()
    finalized = finalize(asked(how, 1), blobs, jobs, told)
    (event,) = told.events
    problem = HOW[how]
    assert event.get_data() == {
        "job_id": SOURCE.job_id, "source": SOURCE.model_dump(), "run": 1, "state": how, "outputs": finalized.outputs,
        "problem_type": problem.type if problem else None,
    }  # fmt: skip
    assert (event["type"], event["id"]) == (f"dropscribe.job.{how}", f"{SOURCE.job_id}-1-{how}")
    assert job_of(jobs).notification == "made"
    schema = json.loads((FOLDER / "completion.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(event.get_data(), schema)


def test_nothing_that_was_said_is_told(blobs: MemoryBlobs, jobs: JobStore) -> None:
    told = MemoryEvents()
    finalize(asked("failed", 1), blobs, jobs, told)
    assert NOT_AUDIO.detail not in str(told.events[0])


def test_what_may_pass_is_no_end(blobs: MemoryBlobs, jobs: JobStore) -> None:
    told = MemoryEvents()
    assert finalize(asked("retryable", 1), blobs, jobs, told).state == "retryable"
    assert told.events == []


def test_where_nobody_is_told_nothing_is_due(blobs: MemoryBlobs) -> None:
    jobs = JobStore(MemoryDocuments())
    assert finalize(asked("done", 1), blobs, jobs).state == "done"
    assert job_of(jobs).notification is None


def test_finalize_asked_again_tells_once_if_it_told(blobs: MemoryBlobs, jobs: JobStore) -> None:
    told = MemoryEvents()
    for _ in range(2):
        finalize(asked("done", 1), blobs, jobs, told)
    assert len(told.events) == 1


@pytest.mark.parametrize("how", HOW)
def test_an_outage_of_pubsub_fails_no_job_and_reconcile_tells_it(
    blobs: MemoryBlobs, jobs: JobStore, how: str
) -> None:
    told = Away()
    assert finalize(asked(how, 1), blobs, jobs, told).state == how
    assert job_of(jobs).notification == "due"
    sweep = Sweep(blobs, jobs, Nothing(), told)
    assert sweep(NOW).announced == 0, "a sweep goes on, whoever is away"
    told.away = False
    assert (sweep(NOW).announced, sweep(NOW).announced) == (1, 0)
    assert [event["id"] for event in told.events] == [f"{SOURCE.job_id}-1-{how}"]


def test_finalize_killed_before_or_after_it_published_is_repaired(
    blobs: MemoryBlobs, jobs: JobStore
) -> None:
    for late, copies in ((False, 1), (True, 2)):
        jobs.documents.delete(f"jobs/{SOURCE.job_id}")
        told = MemoryEvents()

        def work(worker: Worker, told: Any = told) -> object:
            return finalize(asked("failed", 1), blobs, jobs, Steps(told, worker))

        assert isinstance(play([work], [Turn(0, kill=True, late=late)])[0], Killed)
        assert job_of(jobs).notification == "due"
        assert Sweep(blobs, jobs, Nothing(), told)(NOW).announced == 1
        assert [event["id"] for event in told.events] == [f"{SOURCE.job_id}-1-failed"] * copies


def test_copies_of_an_event_are_alike(jobs: JobStore, blobs: MemoryBlobs) -> None:
    """Though the job's document was touched in between."""
    told = Away()
    finalize(asked("done", 1), blobs, jobs, told)
    told.away = False
    publish_job_event(SOURCE.job_id, JobStore(Forgetful(jobs.documents)), told)
    jobs.record_parts(SOURCE.job_id, 1, chunks=1, spans=1)
    publish_job_event(SOURCE.job_id, jobs, told)
    first, second = told.events
    assert (first.get_attributes(), first.get_data()) == (
        second.get_attributes(),
        second.get_data(),
    )


class Forgetful(MemoryDocuments):
    """Documents that lose what is written."""

    def __init__(self, documents: Documents) -> None:
        super().__init__()
        self.documents = documents

    def get(self, path: str) -> tuple[Document, object] | None:
        return self.documents.get(path)

    def put(self, path: str, document: Document, if_version: object | None) -> bool:
        return True


def test_what_ended_a_moment_ago_is_left_to_finalize(blobs: MemoryBlobs, jobs: JobStore) -> None:
    told = Away()
    finalize(asked("done", 1), blobs, jobs, told)
    told.away = False
    assert Sweep(blobs, jobs, Nothing(), told)(Asked(unanswered_after=60)).announced == 0


def test_many_that_are_due_take_several_sweeps(
    blobs: MemoryBlobs, jobs: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweeping, "ANNOUNCEMENTS", 2)
    sources = [SOURCE.model_copy(update={"generation": number}) for number in range(2, 7)]
    for source in sources:
        jobs.claim(source, 1, "e")
        jobs.finish(source.job_id, 1, "done")
    told = MemoryEvents()
    sweep = Sweep(MemoryBlobs(), jobs, Nothing(), told)
    assert [sweep(NOW).announced for _ in range(4)] == [2, 2, 1, 0]
    assert {event["id"] for event in told.events} == {
        f"{source.job_id}-1-done" for source in sources
    }


def test_a_sweep_reads_no_job_that_was_told_of(blobs: MemoryBlobs, jobs: JobStore) -> None:
    for number in range(2, 52):
        source = SOURCE.model_copy(update={"generation": number})
        jobs.claim(source, 1, "e")
        jobs.finish(source.job_id, 1, "done")
    sweep = Sweep(MemoryBlobs(), jobs, Nothing(), MemoryEvents())
    assert sweep(NOW).announced == 50
    assert list(jobs.list_unnotified()) == []


def test_an_erased_job_and_a_run_that_was_followed_are_not_told(
    blobs: MemoryBlobs, jobs: JobStore
) -> None:
    told = Away()
    finalize(asked("done", 1), blobs, jobs, told)
    assert jobs.claim(SOURCE, 2, "run 2")
    told.away = False
    sweep = Sweep(blobs, jobs, Nothing(), told)
    assert not sweep.announce(job_of(jobs).updated)
    finalize(asked("failed", 2), blobs, jobs, Away())
    jobs.erase(SOURCE)
    assert not sweep.announce(job_of(jobs).updated) and told.events == []


ends = st.lists(st.sampled_from([*HOW, "retryable"]), min_size=1, max_size=3)
kills = st.sampled_from([False] * 5 + [True])
bursts = st.lists(
    st.tuples(st.integers(0, 4), st.integers(1, 25), kills, st.booleans()), max_size=8
)
"""(worker, steps in a row, is it killed at the last, late): a few switches anywhere find more than
many at random."""


@settings(max_examples=200, deadline=None)
@given(ends, st.integers(0, 1), st.booleans(), st.lists(st.booleans(), max_size=6), bursts)
def test_whatever_the_interleaving_the_end_that_stands_was_told(
    hows: list[str],
    copies: int,
    erased: bool,
    outages: list[bool],
    order: list[tuple[int, int, bool, bool]],
) -> None:
    """A run for each of `hows`, finalize asked again for the first, reconcile, maybe an erasure:
    all at once, each killed anywhere. Pub/Sub is away at some of the calls."""
    blobs, documents, told = fresh(), MemoryDocuments(), Flickering(outages)

    def ending(how: str, run: int) -> Callable[[Worker], object]:
        return lambda worker: finalize(asked(how, run), *stepwise(worker))

    def stepwise(worker: Worker) -> tuple[Any, JobStore, EventPublisher]:
        return (
            Steps(blobs, worker),
            JobStore(Steps(documents, worker), notifies=True),
            Steps(told, worker),
        )

    def reconcile(worker: Worker) -> object:
        store, jobs, completions = stepwise(worker)
        return Sweep(store, jobs, Nothing(), completions).announce(FAR)

    works = (
        [ending(how, run) for run, how in enumerate(hows, 1)]
        + [ending(hows[0], 1)] * copies
        + [reconcile]
    )
    works += [lambda worker: stepwise(worker)[1].erase(SOURCE)] * erased
    turns = [
        turn
        for worker, steps, kill, late in order
        for turn in [Turn(worker)] * (steps - 1) + [Turn(worker, kill, late)]
    ]
    results = play(works, turns)
    assert all(
        not isinstance(one, Exception) or isinstance(one, Transient | RecordingErased)
        for one in results
    )

    told.outages.clear()
    before, jobs = len(told.events), JobStore(documents, notifies=True)
    Sweep(blobs, jobs, Nothing(), told).announce(FAR)
    job, ids = jobs.find(SOURCE.job_id), [event["id"] for event in told.events]
    if (
        job and job.state in HOW and job.ended
    ):  # a cancelled job that is claimed again is cancelled, and has yet to end
        assert f"{job.job_id}-{job.run}-{job.state}" in ids, "at least once"
    if job and job.state == "erased":
        assert len(ids) == before, "no more of what was erased"
    assert list(jobs.list_unnotified()) == []
    assert set(ids) <= {f"{SOURCE.job_id}-{run}-{how}" for run, how in enumerate(hows, 1)}, (
        "only what happened"
    )
