"""Each state of a job and each call do what the table in shared/jobs/transitions.py says.

Then the fields that the table leaves out.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from shared.jobs import transitions as module
from shared.jobs.job import Job, JobFigures, JobState, ReservedEvent
from shared.jobs.transitions import (
    audio_deleted,
    cancelled,
    claimed,
    erased,
    event_reserved,
    finished,
    name_forgotten,
    notified,
    parts_recorded,
    queued,
    rerun_requested,
    uploaded,
)
from shared.model.contracts import FinalState, Problem, Settled, Source

SOURCE = Source(bucket="inbox", name="call.mp3", generation=7)
PROBLEM = Problem(type="urn:dropscribe:problem:not-audio", title="T", status=415, detail="d")
NOW = datetime(2026, 11, 28, 6, 30, tzinfo=UTC)
EXPIRES = NOW + timedelta(days=30)
LEASE = timedelta(seconds=60)
RUN = 4
NO_JOB = "(no job)"

Event = Callable[[Job | None], Job | None]


def finish(state: Settled) -> Event:
    return lambda job: finished(job, RUN, state, None, {}, NOW, expires=EXPIRES)


EVENTS: dict[str, Event] = {
    "queue": lambda job: queued(job, SOURCE, RUN + 1, "next", NOW, EXPIRES),
    "claim": lambda job: claimed(job, SOURCE, RUN + 1, "next", NOW, EXPIRES),
    "request_rerun": lambda job: rerun_requested(job, {"language": "de"}, NOW),
    "cancel": lambda job: cancelled(job, SOURCE, PROBLEM, NOW, EXPIRES),
    "finish(done)": finish("done"),
    "finish(failed)": finish("failed"),
    "finish(cancelled)": finish("cancelled"),
    "finish(retryable)": finish("retryable"),
    "erase": lambda job: erased(job, SOURCE, NOW, EXPIRES),
}


def job_in(state: JobState) -> Job:
    """Returns a job whose run 4 is in that state, as a call before would have left it."""
    ended = NOW if state in ("done", "failed", "retryable") else None
    return Job(
        job_id=SOURCE.job_id,
        source=SOURCE,
        run=RUN,
        execution="current",
        state=state,
        created=NOW,
        updated=NOW,
        expires=EXPIRES,
        ended=ended,
        problem=PROBLEM if state in ("failed", "cancelled") else None,
        results={"json": "gs://outbox/a"} if state == "done" else {},
        notification="sent" if ended else None,
    )


def drawn_table() -> dict[tuple[str, str], str]:
    """Returns (state, event) -> state after it, read from the module's docstring."""
    cells = {}
    events: list[str] = []
    for line in (module.__doc__ or "").splitlines():
        if not line.startswith("    "):
            continue
        first, *rest = re.split(r" {2,}", line.strip())
        if first == "state":
            events = rest
            continue
        for event, after in zip(events, rest, strict=True):
            cells[first, event] = after
    return cells


TABLE = drawn_table()


def test_the_table_has_every_state_and_every_event() -> None:
    states = [NO_JOB, *get_args(JobState)]
    assert TABLE.keys() == {(state, event) for state in states for event in EVENTS}


@pytest.mark.parametrize(("state", "event"), TABLE, ids=[" ".join(cell) for cell in TABLE])
def test_the_code_does_what_the_table_says(state: JobState, event: str) -> None:
    before = None if state == NO_JOB else job_in(state)
    after = EVENTS[event](before)
    assert (after.state if after else "-") == TABLE[state, event]


@pytest.mark.parametrize("deletion", ["due", "done"])
@pytest.mark.parametrize("event", [event for event in EVENTS if event != "erase"])
def test_a_job_whose_audio_is_deleted_stays_as_it_is(deletion: str, event: str) -> None:
    job = job_in("done").model_copy(update={"audio_deletion": deletion})
    assert EVENTS[event](job) is None
    assert audio_deleted(job, RUN + 1) is None, "another run"


def test_only_a_done_job_has_its_audio_deleted() -> None:
    for state in get_args(Settled):
        running = job_in("running")
        after = finished(
            running,
            RUN,
            state,
            None,
            {},
            NOW,
            expires=EXPIRES,
            warnings=(),
            deletes_audio=True,
        )
        assert after is not None
        assert after.audio_deletion == ("due" if state == "done" else None)


@pytest.mark.parametrize("state", get_args(JobState))
@pytest.mark.parametrize("run", [RUN - 1, RUN])
@pytest.mark.parametrize("begin", [queued, claimed])
def test_only_a_later_run_can_begin_unless_the_jobs_own_is_queued(
    begin: Callable[..., Job | None], state: JobState, run: int
) -> None:
    begins = begin(job_in(state), SOURCE, run, "other", NOW, EXPIRES) is not None
    assert begins == (state == "queued" and run == RUN)


def test_a_run_that_waits_is_claimed_by_whichever_execution_comes_first() -> None:
    waiting = queued(None, SOURCE, 1, "by reconcile", NOW, EXPIRES)
    assert waiting is not None and waiting.claimed is None
    job = claimed(waiting, SOURCE, 1, "by its event", NOW, EXPIRES)
    assert job is not None and (job.execution, job.claimed) == ("by its event", NOW)
    assert claimed(job, SOURCE, 1, "by reconcile", NOW, EXPIRES) is None
    assert queued(job, SOURCE, 1, "by reconcile", NOW, EXPIRES) is None


def test_the_execution_that_reports_a_cancellation_is_recorded() -> None:
    job = queued(job_in("cancelled"), SOURCE, RUN + 1, "reports", NOW, EXPIRES)
    assert job is not None
    assert (job.state, job.run, job.execution, job.problem) == (
        "cancelled",
        RUN,
        "reports",
        PROBLEM,
    )


@pytest.mark.parametrize("state", get_args(JobState))
@pytest.mark.parametrize("run", [RUN - 1, RUN + 1])
@pytest.mark.parametrize("end", get_args(Settled))
def test_only_the_current_run_can_finish_a_job(state: JobState, run: int, end: Settled) -> None:
    assert finished(job_in(state), run, end, None, {}, NOW, expires=EXPIRES) is None


def test_a_claim_begins_the_run_anew() -> None:
    job = claimed(job_in("failed"), SOURCE, RUN + 1, "next", NOW, EXPIRES)
    assert job is not None
    assert (job.run, job.execution, job.claimed) == (RUN + 1, "next", NOW)
    assert (job.problem, job.results, job.ended, job.notification) == (None, {}, None, None)


def test_a_claim_of_a_cancelled_job_keeps_the_problem_that_it_is_to_report() -> None:
    job = claimed(job_in("cancelled"), SOURCE, RUN + 1, "next", NOW, EXPIRES)
    assert job is not None and job.problem == PROBLEM


def test_a_requested_rerun_skips_the_run_that_reconcile_may_be_about_to_start() -> None:
    job = rerun_requested(job_in("done"), {"language": "de"}, NOW)
    assert job is not None
    assert (job.run, job.requested_run, job.options) == (RUN + 2, RUN + 2, {"language": "de"})
    assert (job.state, job.execution) == ("queued", "")
    assert claimed(job, SOURCE, RUN + 1, "reconcile", NOW, EXPIRES) is None
    assert claimed(job, SOURCE, RUN + 2, "redrive", NOW, EXPIRES) is not None


def test_a_cancellation_takes_the_claim_from_the_current_run() -> None:
    job = cancelled(job_in("running"), SOURCE, PROBLEM, NOW, EXPIRES)
    assert job is not None and (job.run, job.problem) == (RUN + 1, PROBLEM)


@pytest.mark.parametrize("state", [NO_JOB, "queued", "running", "retryable"])
def test_a_cancellation_is_due_until_it_is_written(state: JobState) -> None:
    before = None if state == NO_JOB else job_in(state)
    job = cancelled(before, SOURCE, PROBLEM, NOW, EXPIRES)
    assert job is not None and job.cancellation == "due"
    reporting = job.run + 1
    for call in (queued, claimed):
        job = call(job, SOURCE, reporting, "reports", NOW, EXPIRES)
        assert job is not None and job.cancellation == "due"
    for end in get_args(FinalState):
        ended = finished(job, reporting, end, PROBLEM, {}, NOW, expires=EXPIRES)
        assert ended is not None and ended.cancellation is None
    requested = rerun_requested(job, {}, NOW)
    assert requested is not None and requested.cancellation is None
    assert erased(job, SOURCE, NOW, EXPIRES).cancellation is None


@pytest.mark.parametrize("end", get_args(Settled))
def test_only_a_final_end_is_notified(end: Settled) -> None:
    job = finished(job_in("running"), RUN, end, None, {}, NOW, expires=EXPIRES)
    assert job is not None and job.ended == NOW
    assert job.notification == (None if end == "retryable" else "due")


def test_a_cancelled_job_can_finish_as_cancelled_once() -> None:
    job = finished(job_in("cancelled"), RUN, "cancelled", PROBLEM, {}, NOW, expires=EXPIRES)
    assert job is not None and job.notification == "due"
    assert finished(job, RUN, "cancelled", PROBLEM, {}, NOW, expires=EXPIRES) is None


@pytest.mark.parametrize(
    ("problem_type", "kept"),
    [("bad-option", "de"), ("model-unavailable", "de"), ("not-audio", "xx"), ("cancelled", "xx")],
)
def test_options_that_were_the_reason_of_a_failure_are_forgotten(
    problem_type: str, kept: str
) -> None:
    """A further redrive has those of the last run that was answered."""
    answered = rerun_requested(job_in("done"), {"language": "de"}, NOW)
    assert answered is not None
    first = claimed(answered, SOURCE, answered.run, "first", NOW, EXPIRES)
    done = finished(first, answered.run, "done", None, {}, NOW, expires=EXPIRES)
    again = rerun_requested(done, {"language": "xx"}, NOW)
    assert again is not None and again.options == {"language": "xx"}
    second = claimed(again, SOURCE, again.run, "second", NOW, EXPIRES)
    problem = PROBLEM.model_copy(update={"type": f"urn:dropscribe:problem:{problem_type}"})
    failed = finished(second, again.run, "failed", problem, {}, NOW, expires=EXPIRES)
    assert failed is not None and failed.options == {"language": kept}


@pytest.mark.parametrize(
    ("found", "after"), [(None, {"x-order": "77"}), ({}, {}), ({"x-order": "8"}, {"x-order": "8"})]
)
def test_the_end_of_a_run_replaces_the_tags_only_if_it_read_them(
    found: dict[str, str] | None, after: dict[str, str]
) -> None:
    """A redrive whose recording is gone cannot read them."""
    uploaded_job = uploaded(None, SOURCE, 5, {"x-order": "77"}, NOW, EXPIRES)
    again = rerun_requested(uploaded_job, {}, NOW)
    assert again is not None
    claim = claimed(again, SOURCE, again.run, "again", NOW, EXPIRES)
    job = finished(
        claim,
        again.run,
        "failed",
        PROBLEM,
        {},
        NOW,
        expires=EXPIRES,
        tags=found,
    )
    assert job is not None and job.tags == after


def test_a_tombstone_keeps_the_numbers_of_the_run_and_nothing_that_was_said() -> None:
    job = erased(job_in("done"), SOURCE, NOW, EXPIRES)
    assert (job.run, job.execution, job.results, job.options) == (RUN, "current", {}, {})
    nameless = name_forgotten(job)
    assert nameless is not None and nameless.source.name == "(erased)"
    assert name_forgotten(None) is None


def test_parts_are_recorded_for_the_current_run_only() -> None:
    job = parts_recorded(job_in("running"), RUN, 7, 1, None, NOW)
    assert job is not None and (job.chunks, job.spans) == (7, 1)
    assert parts_recorded(job_in("running"), RUN + 1, 7, 1, None, NOW) is None
    assert parts_recorded(job_in("erased"), RUN, 7, 1, None, NOW) is None
    assert parts_recorded(None, RUN, 7, 1, None, NOW) is None


def test_a_number_is_reserved_for_the_last_end_only_and_changed_only_if_another_took_it() -> None:
    done = finished(job_in("running"), RUN, "done", None, {}, NOW, expires=EXPIRES)
    assert done is not None
    first = event_reserved(done, done.event_id, 7, taken=None)
    assert first is not None
    assert first.reserved_event == ReservedEvent(event_id=done.event_id, number=7)
    assert event_reserved(first, done.event_id, 8, taken=None) is None
    assert event_reserved(first, done.event_id, 8, taken=6) is None
    second = event_reserved(first, done.event_id, 8, taken=7)
    assert second is not None
    assert second.reserved_event == ReservedEvent(event_id=done.event_id, number=8)

    failed = finished(second, RUN, "failed", PROBLEM, {}, NOW, expires=EXPIRES)
    assert failed is not None
    assert event_reserved(failed, done.event_id, 9, taken=8) is None
    other = event_reserved(failed, failed.event_id, 9, taken=None)
    assert other is not None
    assert other.reserved_event == ReservedEvent(event_id=failed.event_id, number=9)
    tombstone = erased(other, SOURCE, NOW, EXPIRES)
    assert tombstone.reserved_event == other.reserved_event
    assert event_reserved(tombstone, tombstone.event_id, 10, taken=None) is None
    assert event_reserved(job_in("running"), job_in("running").event_id, 1, taken=None) is None
    assert event_reserved(None, done.event_id, 1, taken=None) is None


def test_a_notification_is_sent_only_for_the_end_that_was_published() -> None:
    job = finished(job_in("running"), RUN, "done", None, {}, NOW, expires=EXPIRES)
    assert job is not None
    sent = notified(job, published=job)
    assert sent is not None and sent.notification == "sent"
    assert notified(job, published=job_in("failed")) is None
    assert notified(job.model_copy(update={"run": RUN + 1}), published=job) is None
    assert notified(None, published=job) is None


def test_a_transcript_leaves_its_figures_and_a_later_failure_keeps_them() -> None:
    figures = JobFigures(audio_seconds=3, stage_seconds={"prepare": 1}, cost_usd=0.1)
    running = job_in("running")
    done = finished(running, RUN, "done", None, {}, NOW, expires=EXPIRES, figures=figures)
    assert done is not None and done.figures == figures
    again = claimed(done, SOURCE, RUN + 1, "next", NOW, EXPIRES)
    failed = finished(again, RUN + 1, "failed", PROBLEM, {}, NOW, expires=EXPIRES)
    assert failed is not None and failed.figures == figures


def test_an_upload_is_recorded_once_and_not_for_an_erased_job() -> None:
    job = uploaded(None, SOURCE, 5, {"x-a": "1"}, NOW, EXPIRES)
    assert job is not None
    assert (job.state, job.run, job.execution, job.size) == ("queued", 1, "", 5)
    assert uploaded(job, SOURCE, 5, {}, NOW, EXPIRES) is None
    assert uploaded(job_in("erased"), SOURCE, 5, {}, NOW, EXPIRES) is None
