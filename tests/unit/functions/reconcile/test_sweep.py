"""A sweep restarts, ignores or gives up each recording as it should."""

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import JsonValue

from functions.finalize.answer.outbox import put_answer, put_problem
from functions.reconcile import sweep as sweeping
from functions.reconcile.sweep import Asked, Sweep
from shared.adapters.memory import MemoryBlobs, MemoryDocuments
from shared.jobs.store import JobStore
from shared.model.contracts import Problem, Source
from shared.model.errors import Cancelled

NOW = Asked(unanswered_after=0)


class Started:
    """Executions that only note what they are asked. `alive` are those that run."""

    def __init__(self) -> None:
        self.runs: list[tuple[str, int, dict[str, JsonValue]]] = []
        self.problems: list[tuple[str, int, str]] = []
        self.alive: set[str] = set()

    def start(
        self, source: Source, run: int, options: Mapping[str, JsonValue] | None = None
    ) -> str:
        self.runs.append((source.name, run, dict(options or {})))
        return "x"

    def report_problem(self, source: Source, run: int, problem: Problem) -> str:
        self.problems.append((source.name, run, problem.type.rpartition(":")[2]))
        return "x"

    def is_active(self, execution: str) -> bool:
        return execution in self.alive

    def cancel(self, execution: str) -> None:
        self.alive.discard(execution)


@pytest.fixture
def sweep() -> Sweep:
    return Sweep(MemoryBlobs(), JobStore(MemoryDocuments()), Started())


def upload(sweep: Sweep, name: str) -> Source:
    before = sweep.blobs.find(f"gs://dropscribe-inbox/{name}")
    generation = sweep.blobs.put(
        f"gs://dropscribe-inbox/{name}",
        b"sound",
        if_generation_match=before.generation if before else 0,
    )
    assert generation is not None
    return Source(bucket="dropscribe-inbox", name=name, generation=generation)


def started(sweep: Sweep) -> Started:
    assert isinstance(sweep.executions, Started)
    return sweep.executions


def test_what_has_no_answer_and_no_job_is_started(sweep: Sweep) -> None:
    for name in ("a.mp3", "folder/", "folder/options.json", "folder/b.mp3"):
        upload(sweep, name)
    assert sweep(NOW).started == 2
    assert started(sweep).runs == [("a.mp3", 1, {}), ("folder/b.mp3", 1, {})]


def test_what_is_answered_is_left_alone(sweep: Sweep) -> None:
    put_answer(upload(sweep, "a.mp3"), 1, {"transcript.json": b"{}"}, sweep.blobs)
    put_problem(upload(sweep, "b.mp3"), 1, b"{}", sweep.blobs)
    assert sweep(NOW).started == 0


def test_an_answer_for_an_older_generation_is_none(sweep: Sweep) -> None:
    put_answer(upload(sweep, "a.mp3"), 1, {"transcript.json": b"{}"}, sweep.blobs)
    upload(sweep, "a.mp3")
    assert sweep(NOW).started == 1


def test_a_date_from_a_clock_that_was_ahead_is_not_waited_for(sweep: Sweep) -> None:
    source = upload(sweep, "a.mp3")
    JobStore(sweep.jobs.documents, clock=lambda: time.time() + 40 * 24 * 3600).claim(
        source, 1, "gone"
    )
    assert sweep(NOW).started == 1
    assert started(sweep).runs == [("a.mp3", 2, {})]


def test_patience_is_measured_by_the_jobs_clock(sweep: Sweep) -> None:
    upload(sweep, "a.mp3")
    behind = replace(sweep, jobs=JobStore(sweep.jobs.documents, clock=lambda: time.time() - 3600))
    assert (behind(NOW).started, sweep(NOW).started) == (0, 1)


def test_names_that_begin_alike_have_answers_of_their_own(sweep: Sweep) -> None:
    """`a/transcript.json` comes after `a-1/transcript.json`, though `a` comes before `a-1`."""
    for name in ("a", "a-1", "a.b", "a/c"):
        put_answer(upload(sweep, name), 1, {"transcript.json": b"{}"}, sweep.blobs)
    assert sweep(NOW).started == 0


def test_what_is_young_may_still_be_answered(sweep: Sweep) -> None:
    upload(sweep, "a.mp3")
    assert sweep(Asked(unanswered_after=60)).started == 0


def test_a_run_that_is_active_is_left_alone_and_one_that_is_not_is_followed(sweep: Sweep) -> None:
    source = upload(sweep, "a.mp3")
    sweep.jobs.claim(source, 1, "first")
    started(sweep).alive.add("first")
    assert sweep(NOW).started == 0
    started(sweep).alive.clear()
    assert sweep(NOW).started == 1
    assert started(sweep).runs == [("a.mp3", 2, {})]


def test_an_answer_that_somebody_deleted_is_not_made_again(sweep: Sweep) -> None:
    source = upload(sweep, "a.mp3")
    sweep.jobs.claim(source, 1, "first")
    sweep.jobs.finish(source.job_id, 1, "done")
    assert sweep(NOW).started == 0


def test_after_five_restarts_a_job_is_given_up_until_it_is_answered(sweep: Sweep) -> None:
    """What was to write the problem may have failed, too."""
    source = upload(sweep, "a.mp3")
    for run in range(1, 9):
        sweep.jobs.claim(source, run, f"run-{run}")
        sweep.jobs.finish(source.job_id, run, "retryable")
        sweep(NOW)
    assert [run for _, run, _ in started(sweep).runs] == [2, 3, 4, 5, 6]
    assert started(sweep).problems == [
        ("a.mp3", 7, "given-up"),
        ("a.mp3", 8, "given-up"),
        ("a.mp3", 9, "given-up"),
    ]
    sweep.jobs.claim(source, 9, "answers")
    sweep.jobs.finish(source.job_id, 9, "failed")
    assert sweep(NOW).given_up == 0


def test_a_redrive_that_was_lost_is_started_again_beside_the_answer_of_an_older_run(
    sweep: Sweep,
) -> None:
    source = upload(sweep, "a.mp3")
    sweep.jobs.claim(source, 1, "first")
    put_answer(source, 1, {"transcript.json": b"{}"}, sweep.blobs)
    sweep.jobs.finish(source.job_id, 1, "done")
    promised = sweep.jobs.request_rerun(source.job_id, {"language": "de"})
    assert sweep(NOW).started == 1
    assert started(sweep).runs == [("a.mp3", promised, {"language": "de"})]
    started(sweep).runs.clear()
    sweep.jobs.claim(source, promised, "redriven")
    assert sweep(NOW).started == 1
    assert started(sweep).runs == [("a.mp3", promised + 1, {"language": "de"})]


def test_a_cancelled_job_is_answered_again_until_it_is_and_never_started(sweep: Sweep) -> None:
    source = upload(sweep, "a.mp3")
    sweep.jobs.cancel(source, Cancelled("by request").problem(source.job_id, None))
    for run in (2, 3):
        assert sweep(NOW).started == 1
        sweep.jobs.claim(source, run, "answers, and is lost")
    assert started(sweep).problems == [("a.mp3", 2, "cancelled"), ("a.mp3", 3, "cancelled")]
    sweep.jobs.finish(
        source.job_id,
        3,
        "cancelled",
        results={"problem": "gs://dropscribe-outbox/a.mp3/problem.json"},
    )
    assert sweep(NOW).started == 0 and started(sweep).runs == []


def test_a_job_whose_recording_is_gone_is_left_alone(sweep: Sweep) -> None:
    source = upload(sweep, "a.mp3")
    sweep.jobs.claim(source, 1, "first")
    sweep.blobs.delete(source.uri, source.generation)
    assert sweep(NOW).started == 0


def test_a_redrive_may_be_restarted_as_often_and_with_its_options(sweep: Sweep) -> None:
    source = upload(sweep, "a.mp3")
    sweep.jobs.claim(source, 6, "sixth")
    sweep.jobs.request_rerun(source.job_id, {"language": "de"})
    sweep.jobs.claim(source, 8, "eighth")
    sweep.jobs.finish(source.job_id, 8, "retryable")
    assert sweep(NOW).started == 1
    assert started(sweep).runs == [("a.mp3", 9, {"language": "de"})]


def test_an_erased_recording_is_not_started(sweep: Sweep) -> None:
    sweep.jobs.erase(upload(sweep, "a.mp3"))
    assert sweep(NOW).started == 0


def test_a_large_inbox_takes_several_sweeps(sweep: Sweep, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "PAGE", 2)
    monkeypatch.setattr(sweeping, "PAGES", 2)
    for number in range(9):
        upload(sweep, f"{number}.mp3")
    assert [sweep(NOW) for _ in range(3)] == [
        sweeping.Swept(objects=4, started=4, more=True),
        sweeping.Swept(objects=4, started=4, more=True),
        sweeping.Swept(objects=1, started=1),
    ]


def test_an_outbox_listing_is_all_that_answered_recordings_cost(sweep: Sweep) -> None:
    for number in range(50):
        put_answer(upload(sweep, f"{number}.mp3"), 1, {"transcript.json": b"{}"}, sweep.blobs)
    looked: list[str] = []
    find = sweep.blobs.find
    sweep.blobs.find = lambda uri: looked.append(uri) or find(uri)  # type: ignore[method-assign,func-returns-value]
    sweep(NOW)
    assert len(looked) <= 2, (
        "only the name whose answers sort behind the listing's end may be looked for"
    )


def test_what_is_older_than_its_jobs_document_would_be_is_left(sweep: Sweep) -> None:
    """Its answer may have been deleted, by a person or by its age, and its document with it."""
    upload(sweep, "a.mp3")
    uri = "gs://dropscribe-inbox/a.mp3"
    blob, data = sweep.blobs._objects[uri]  # type: ignore[attr-defined]
    aged = replace(blob, created=blob.created - timedelta(days=31))
    sweep.blobs._objects[uri] = aged, data  # type: ignore[attr-defined]
    assert sweep(NOW).started == 0
