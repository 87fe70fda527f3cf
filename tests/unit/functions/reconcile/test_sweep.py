"""What a sweep over buckets in memory starts, restarts, leaves alone and gives up."""

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import JsonValue

from functions.finalize.answer.outbox import put_answer, put_problem
from functions.reconcile import starts as starts_module
from functions.reconcile import sweep as sweep_module
from functions.reconcile.sweep import Sweep, SweepRequest
from shared.adapters.memory import MemoryBlobs, MemoryDocuments
from shared.jobs.operations import Operations
from shared.jobs.store import JobStore
from shared.model.contracts import Problem, Source
from shared.model.errors import Cancelled, WorkflowRefused
from shared.ports.executions import ActiveExecution
from shared.settings import settings

SWEEP_AT_ONCE = SweepRequest(unanswered_after=0)


class FakeExecutions:
    """Executions that record what they are called with. `active` are those that have not ended,
    `refused` those that cannot be started."""

    def __init__(self) -> None:
        self.runs: list[tuple[str, int]] = []
        self.problems: list[tuple[str, int, str]] = []
        self.deletions: list[tuple[str, int]] = []
        self.drawings: list[tuple[str, int]] = []
        self.active: set[str] = set()
        self.uploads: list[Source] = []
        """Recordings whose events have started executions that wait for an instance."""
        self.refused: set[str] = set()

    def start(self, source: Source, run: int) -> str:
        self.runs.append((source.name, run))
        return self._begin(source, run)

    def report_problem(self, source: Source, run: int, problem: Problem) -> str:
        self.problems.append((source.name, run, problem.type.rpartition(":")[2]))
        return self._begin(source, run)

    def _begin(self, source: Source, run: int) -> str:
        execution = f"{source.name}-{run}"
        if execution in self.refused:
            raise WorkflowRefused("it refuses")
        self.active.add(execution)
        return execution

    def delete_audio(self, source: Source, run: int) -> str:
        self.deletions.append((source.name, run))
        return f"deletion {len(self.deletions)}"

    def draw_edits(self, source: Source, run: int) -> str:
        self.drawings.append((source.name, run))
        return f"drawing {len(self.drawings)}"

    def is_active(self, execution: str) -> bool:
        return execution in self.active

    def list_active(self) -> Iterator[ActiveExecution]:
        for execution in self.active:
            yield ActiveExecution(execution, None)
        for source in self.uploads:
            yield ActiveExecution(f"of {source.name}", source)

    def cancel(self, execution: str) -> None:
        self.active.discard(execution)


@pytest.fixture
def sweep() -> Sweep:
    return Sweep(MemoryBlobs(), JobStore(MemoryDocuments()), FakeExecutions())


def upload(sweep: Sweep, name: str) -> Source:
    before = sweep.blobs.find(f"gs://dropscribe-inbox/{name}")
    generation = sweep.blobs.put(
        f"gs://dropscribe-inbox/{name}",
        b"sound",
        if_generation_match=before.generation if before else 0,
    )
    assert generation is not None
    return Source(bucket="dropscribe-inbox", name=name, generation=generation)


def executions_of(sweep: Sweep) -> FakeExecutions:
    assert isinstance(sweep.executions, FakeExecutions)
    return sweep.executions


def test_a_recording_without_an_answer_and_a_job_is_started(sweep: Sweep) -> None:
    for name in ("a.mp3", "folder/", "folder/options.json", "folder/b.mp3"):
        upload(sweep, name)
    assert sweep(SWEEP_AT_ONCE).started == 2
    assert executions_of(sweep).runs == [("a.mp3", 1), ("folder/b.mp3", 1)]


def test_a_recording_is_started_once_however_many_sweeps_it_waits(sweep: Sweep) -> None:
    source = upload(sweep, "a.mp3")
    started = [sweep(SWEEP_AT_ONCE).started for _ in range(6)]
    assert started == [1, 0, 0, 0, 0, 0]
    job = sweep.jobs.find(source.job_id)
    assert job is not None and (job.state, job.run, job.execution) == ("queued", 1, "a.mp3-1")
    executions_of(sweep).active.clear()
    assert sweep(SWEEP_AT_ONCE).started == 1, "its execution ended without claiming it"
    assert executions_of(sweep).runs == [("a.mp3", 1), ("a.mp3", 2)]


@pytest.mark.parametrize("by_api", [False, True])
def test_a_recording_that_waits_for_an_instance_is_not_started_again(
    sweep: Sweep, by_api: bool
) -> None:
    waiting, lost = upload(sweep, "waiting.mp3"), upload(sweep, "lost.mp3")
    if by_api:
        for source in (waiting, lost):
            sweep.jobs.record_upload(source, size=5, tags={})
    executions_of(sweep).uploads = [waiting]
    assert [sweep(SWEEP_AT_ONCE).started for _ in range(3)] == [1, 0, 0]
    assert executions_of(sweep).runs == [("lost.mp3", 1)]
    executions_of(sweep).uploads = []
    assert sweep(SWEEP_AT_ONCE).started == 1, "its execution ended without claiming it"


def test_an_abandoned_job_is_restarted_once_however_many_sweeps_it_waits(sweep: Sweep) -> None:
    source = upload(sweep, "a.mp3")
    sweep.jobs.claim(source, 1, "gone")
    assert [sweep(SWEEP_AT_ONCE).started for _ in range(3)] == [1, 0, 0]
    assert executions_of(sweep).runs == [("a.mp3", 2)]


@pytest.mark.parametrize("is_claimed", [False, True])
def test_a_job_that_cannot_be_started_does_not_keep_others_from_it(
    sweep: Sweep, is_claimed: bool
) -> None:
    for name in ("a.mp3", "b.mp3"):
        source = upload(sweep, name)
        if is_claimed:
            sweep.jobs.claim(source, 1, "gone")
    executions_of(sweep).refused = {"a.mp3-1", "a.mp3-2"}
    for failed in (1, 1):
        assert sweep(SWEEP_AT_ONCE).failed == failed
    assert executions_of(sweep).active == {"b.mp3-2" if is_claimed else "b.mp3-1"}


def test_a_sweep_ends_when_ten_jobs_in_a_row_cannot_be_started(sweep: Sweep) -> None:
    for number in range(20):
        source = upload(sweep, f"{number}.mp3")
        executions_of(sweep).refused.add(f"{source.name}-1")
    with pytest.raises(WorkflowRefused):
        sweep(SWEEP_AT_ONCE)
    assert len(executions_of(sweep).runs) == 10


def test_a_document_that_is_no_job_does_not_hide_the_others(sweep: Sweep) -> None:
    source = upload(sweep, "a.mp3")
    sweep.jobs.claim(source, 1, "gone")
    unreadable: dict[str, JsonValue] = {
        "job_id": "b",
        "state": "running",
        "run": "one",
        "updated": "",
    }
    sweep.jobs.documents.put("jobs/b", unreadable, if_version=None)
    assert [job.source for job in sweep.jobs.list_page("")[0]] == [source]
    assert sweep(SWEEP_AT_ONCE).started == 1


def test_a_sweep_starts_a_limited_number_and_the_next_goes_on(
    sweep: Sweep, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(starts_module, "MAX_STARTS", 4)
    for number in range(3):
        sweep.jobs.claim(upload(sweep, f"claimed-{number}.mp3"), 1, "gone")
    for number in range(6):
        upload(sweep, f"new-{number}.mp3")
    swept = [sweep(SWEEP_AT_ONCE) for _ in range(3)]
    assert [(each.started, each.more) for each in swept] == [(4, True), (4, True), (1, False)]
    assert len(executions_of(sweep).active) == 9


def test_the_largest_options_of_a_redrive_do_not_stop_a_sweep(sweep: Sweep) -> None:
    """They are kept in the job and are no argument of the execution, which is limited to 32 KB."""
    redriven = upload(sweep, "a.mp3")
    sweep.jobs.claim(redriven, 1, "gone")
    rules = {f"{number:0200}": "x" * 200 for number in range(150)}
    options: dict[str, JsonValue] = {"replacements": dict(rules)}
    operations = Operations(sweep.blobs, sweep.jobs, sweep.executions)
    assert operations.redrive(redriven.job_id, options) == 3
    other = upload(sweep, "b.mp3")
    sweep.jobs.claim(other, 1, "gone")
    assert sweep(SWEEP_AT_ONCE).started == 1
    assert executions_of(sweep).runs == [("a.mp3", 3), ("b.mp3", 2)]
    job = sweep.jobs.claim(redriven, 3, "a.mp3-3")
    assert job is not None and job.options == options


def test_an_answered_recording_is_left_alone(sweep: Sweep) -> None:
    put_answer(upload(sweep, "a.mp3"), 1, {"transcript.json": b"{}"}, sweep.blobs)
    put_problem(upload(sweep, "b.mp3"), 1, b"{}", sweep.blobs)
    assert sweep(SWEEP_AT_ONCE).started == 0


def test_a_recording_whose_earlier_generation_is_answered_is_started(sweep: Sweep) -> None:
    put_answer(upload(sweep, "a.mp3"), 1, {"transcript.json": b"{}"}, sweep.blobs)
    upload(sweep, "a.mp3")
    assert sweep(SWEEP_AT_ONCE).started == 1


def test_a_job_updated_by_a_clock_that_was_ahead_is_restarted(sweep: Sweep) -> None:
    source = upload(sweep, "a.mp3")
    JobStore(sweep.jobs.documents, clock=lambda: time.time() + 40 * 24 * 3600).claim(
        source, 1, "gone"
    )
    assert sweep(SWEEP_AT_ONCE).started == 1
    assert executions_of(sweep).runs == [("a.mp3", 2)]


def test_the_time_without_an_answer_is_measured_by_the_job_stores_clock(sweep: Sweep) -> None:
    upload(sweep, "a.mp3")
    behind = replace(sweep, jobs=JobStore(sweep.jobs.documents, clock=lambda: time.time() - 3600))
    assert (behind(SWEEP_AT_ONCE).started, sweep(SWEEP_AT_ONCE).started) == (0, 1)


def test_names_with_a_common_beginning_have_separate_answers(sweep: Sweep) -> None:
    """`a/transcript.json` comes after `a-1/transcript.json`, though `a` comes before `a-1`."""
    for name in ("a", "a-1", "a.b", "a/c"):
        put_answer(upload(sweep, name), 1, {"transcript.json": b"{}"}, sweep.blobs)
    assert sweep(SWEEP_AT_ONCE).started == 0


def test_a_recording_that_was_just_uploaded_is_left_alone(sweep: Sweep) -> None:
    upload(sweep, "a.mp3")
    assert sweep(SweepRequest(unanswered_after=60)).started == 0


@pytest.fixture(params=[timedelta(hours=1), timedelta(hours=-1)], ids=["before", "after"])
def is_before(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[bool]:
    """Sets recordings_since. Returns whether what is uploaded now is uploaded before that time."""
    since = datetime.now(UTC) + request.param
    monkeypatch.setenv("DROPSCRIBE_RECORDINGS_SINCE", since.isoformat())
    settings.cache_clear()
    yield request.param > timedelta(0)
    monkeypatch.undo()
    settings.cache_clear()


def test_what_was_in_the_inbox_before_is_left_alone(sweep: Sweep, is_before: bool) -> None:
    upload(sweep, "a.mp3")
    assert sweep(SWEEP_AT_ONCE).started == (0 if is_before else 1)


def test_a_job_is_restarted_once_its_execution_is_not_active(sweep: Sweep) -> None:
    source = upload(sweep, "a.mp3")
    sweep.jobs.claim(source, 1, "first")
    executions_of(sweep).active.add("first")
    assert sweep(SWEEP_AT_ONCE).started == 0
    executions_of(sweep).active.clear()
    assert sweep(SWEEP_AT_ONCE).started == 1
    assert executions_of(sweep).runs == [("a.mp3", 2)]


def test_a_job_that_is_done_is_not_restarted_when_its_answer_was_deleted(sweep: Sweep) -> None:
    source = upload(sweep, "a.mp3")
    sweep.jobs.claim(source, 1, "first")
    sweep.jobs.finish(source.job_id, 1, "done")
    assert sweep(SWEEP_AT_ONCE).started == 0


def test_after_five_restarts_a_job_is_given_up_in_each_sweep_until_it_has_an_answer(
    sweep: Sweep,
) -> None:
    """The execution that reports the problem may fail, too."""
    source = upload(sweep, "a.mp3")
    for run in range(1, 9):
        sweep.jobs.claim(source, run, f"run-{run}")
        sweep.jobs.finish(source.job_id, run, "retryable")
        sweep(SWEEP_AT_ONCE)
    assert [run for _, run in executions_of(sweep).runs] == [2, 3, 4, 5, 6]
    assert executions_of(sweep).problems == [
        ("a.mp3", 7, "given-up"),
        ("a.mp3", 8, "given-up"),
        ("a.mp3", 9, "given-up"),
    ]
    sweep.jobs.claim(source, 9, "answers")
    sweep.jobs.finish(source.job_id, 9, "failed")
    assert sweep(SWEEP_AT_ONCE).given_up == 0


def test_a_lost_redrive_is_restarted_in_spite_of_the_answer_of_an_older_run(
    sweep: Sweep,
) -> None:
    source = upload(sweep, "a.mp3")
    sweep.jobs.claim(source, 1, "first")
    put_answer(source, 1, {"transcript.json": b"{}"}, sweep.blobs)
    sweep.jobs.finish(source.job_id, 1, "done")
    promised = sweep.jobs.request_rerun(source.job_id, {"language": "de"})
    assert sweep(SWEEP_AT_ONCE).started == 1
    assert executions_of(sweep).runs == [("a.mp3", promised)]
    executions_of(sweep).runs.clear()
    sweep.jobs.claim(source, promised, "redriven")
    assert sweep(SWEEP_AT_ONCE).started == 1
    assert executions_of(sweep).runs == [("a.mp3", promised + 1)]


def test_a_cancellation_is_reported_in_each_sweep_until_it_is_written_and_the_job_is_not_started(
    sweep: Sweep,
) -> None:
    source = upload(sweep, "a.mp3")
    sweep.jobs.cancel(source, Cancelled("by request").problem(source.job_id, None))
    for run in (2, 3):
        assert sweep(SWEEP_AT_ONCE).started == 1
        assert sweep(SWEEP_AT_ONCE).started == 0, "it waits to be reported"
        sweep.jobs.claim(source, run, "answers, and is lost")
    assert executions_of(sweep).problems == [("a.mp3", 2, "cancelled"), ("a.mp3", 3, "cancelled")]
    sweep.jobs.finish(
        source.job_id,
        3,
        "cancelled",
        results={"problem": "gs://dropscribe-outbox/a.mp3/problem.json"},
    )
    assert sweep(SWEEP_AT_ONCE).started == 0 and executions_of(sweep).runs == []


def test_a_sweep_reads_no_cancelled_job_whose_cancellation_is_written(sweep: Sweep) -> None:
    problem = Cancelled("by request").problem("a", None)
    for name in ("written.mp3", "unwritten.mp3"):
        source = upload(sweep, name)
        sweep.jobs.cancel(source, problem)
        sweep.jobs.claim(source, 2, "answers")
        if name == "written.mp3":
            sweep.jobs.finish(source.job_id, 2, "cancelled", problem)
    assert [job.source.name for job in sweep.open_jobs()] == ["unwritten.mp3"]


def test_a_job_whose_recording_is_gone_is_left_alone(sweep: Sweep) -> None:
    source = upload(sweep, "a.mp3")
    sweep.jobs.claim(source, 1, "first")
    sweep.blobs.delete(source.uri, source.generation)
    assert sweep(SWEEP_AT_ONCE).started == 0


def test_a_redrive_can_be_restarted_as_often_as_the_first_run_and_keeps_its_options(
    sweep: Sweep,
) -> None:
    source = upload(sweep, "a.mp3")
    sweep.jobs.claim(source, 6, "sixth")
    sweep.jobs.request_rerun(source.job_id, {"language": "de"})
    sweep.jobs.claim(source, 8, "eighth")
    sweep.jobs.finish(source.job_id, 8, "retryable")
    assert sweep(SWEEP_AT_ONCE).started == 1
    assert executions_of(sweep).runs == [("a.mp3", 9)]


def test_an_erased_recording_is_not_started(sweep: Sweep) -> None:
    sweep.jobs.erase(upload(sweep, "a.mp3"))
    assert sweep(SWEEP_AT_ONCE).started == 0


def test_a_large_inbox_takes_several_sweeps(sweep: Sweep, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep_module, "PAGE_SIZE", 2)
    monkeypatch.setattr(sweep_module, "MAX_PAGES", 2)
    for number in range(9):
        upload(sweep, f"{number}.mp3")
    assert [sweep(SWEEP_AT_ONCE) for _ in range(3)] == [
        sweep_module.SweepResult(objects=4, started=4, more=True),
        sweep_module.SweepResult(objects=4, started=4, more=True),
        sweep_module.SweepResult(objects=1, started=1),
    ]


def test_answered_recordings_are_found_by_one_listing_of_the_outbox(sweep: Sweep) -> None:
    for number in range(50):
        put_answer(upload(sweep, f"{number}.mp3"), 1, {"transcript.json": b"{}"}, sweep.blobs)
    found_uris: list[str] = []
    find = sweep.blobs.find
    sweep.blobs.find = lambda uri: found_uris.append(uri) or find(uri)  # type: ignore[method-assign,func-returns-value]
    sweep(SWEEP_AT_ONCE)
    assert len(found_uris) <= 2, (
        "only the name whose answers sort behind the listing's end may be found_uris for"
    )


def test_a_recording_older_than_the_lifetime_of_job_documents_is_left_alone(sweep: Sweep) -> None:
    """Its answer may have been deleted, by a person or by its age, and its document with it."""
    upload(sweep, "a.mp3")
    uri = "gs://dropscribe-inbox/a.mp3"
    blob, data = sweep.blobs._objects[uri]  # type: ignore[attr-defined]
    aged = replace(blob, created=blob.created - timedelta(days=31))
    sweep.blobs._objects[uri] = aged, data  # type: ignore[attr-defined]
    assert sweep(SWEEP_AT_ONCE).started == 0


def test_audio_that_finalize_has_not_deleted_is_deleted_by_another_execution(sweep: Sweep) -> None:
    source = upload(sweep, "a.mp3")
    sweep.jobs.claim(source, 1, "first")
    sweep.jobs.finish(source.job_id, 1, "done", deletes_audio=True)
    executions = sweep.executions
    assert isinstance(executions, FakeExecutions)

    executions.active = {"first"}
    assert sweep(SWEEP_AT_ONCE).audio_deletions == 0, "finalize may be at it"
    executions.active = set()
    assert sweep(SweepRequest(unanswered_after=600)).audio_deletions == 0, "it has just ended"
    assert sweep(SWEEP_AT_ONCE).audio_deletions == 1
    executions.active = {"deletion 1"}
    assert sweep(SWEEP_AT_ONCE).audio_deletions == 0, "the first deletion is under way"
    executions.active = set()
    assert sweep(SWEEP_AT_ONCE).audio_deletions == 1, "it was lost"
    assert executions.deletions == [("a.mp3", 1)] * 2

    job = sweep.jobs.find(source.job_id)
    assert job is not None
    sweep.jobs.mark_audio_deleted(job)
    assert sweep(SWEEP_AT_ONCE).audio_deletions == 0
