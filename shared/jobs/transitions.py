"""The states of a job, and the pure functions that change it.

Each column is a call of `JobStore`; a cell is the
state after it, and `-` means that the call changes nothing.

    state        queue      claim      request_rerun  cancel     finish(done)  finish(failed)
    (no job)     queued     running    -              cancelled  -             -
    queued       queued     running    queued         cancelled  -             -
    running      queued     running    queued         cancelled  done          failed
    retryable    queued     running    queued         cancelled  done          failed
    done         queued     running    queued         -          -             failed
    failed       queued     running    queued         -          done          -
    cancelled    cancelled  cancelled  queued         -          done          failed
    erased       -          -          -              -          -             -

    state        finish(cancelled)  finish(retryable)  erase
    (no job)     -                  -                  erased
    queued       -                  -                  erased
    running      cancelled          retryable          erased
    retryable    cancelled          -                  erased
    done         cancelled          -                  erased
    failed       cancelled          -                  erased
    cancelled    cancelled          -                  erased
    erased       -                  -                  erased

* `queued` means that a run was requested or started, and has not claimed the job yet. The job has
  the run's number, and the execution that was started for it, if one was.
* `queue` and `claim` are shown for a later run than the job's. A queued job is also claimed by its
  own run, whatever execution does it, and queued again for its own run. For any other run they
  change nothing.
* `finish` is shown for the job's own run; for another run it changes nothing. Finishing a job twice
  in the same state changes nothing either, so that its notification is not due again.
* A claim of a cancelled job leaves it cancelled: that run only writes the cancellation to the
  outbox. `queue` records which execution does so. The cancellation is due until `finish` or
  `request_rerun`, which makes it a job to be done again.
* `retryable` means that the workflow gave up on a failure that may pass: nothing was written to the
  outbox, and reconcile starts another run. A job that has ended does not become retryable, since
  its answer was written and only the response to the workflow was lost.
* Once the deletion of a done job's audio is due, `queue`, `claim`, `request_rerun` and `finish`
  change nothing: another run could only replace its answer by a problem.
* `erased` is a tombstone, which keeps the job from being claimed or written again.

All functions return the new job, or None if nothing is to be written.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, get_args

from pydantic import JsonValue

from shared.jobs.job import (
    ERASED_NAME,
    Job,
    JobFigures,
    JobState,
    KnownRecording,
    ReservedEvent,
    RunTimes,
)
from shared.model.contracts import FinalState, Problem, Settled, Source
from shared.model.errors import BadOption, ModelUnavailable

OPTION_PROBLEMS = (BadOption.name(), ModelUnavailable.name())
"""Types of problems that other options would not have had."""
NOT_ENDED: Mapping[str, Any] = {
    "results": {},
    "ended": None,
    "notification": None,
    "warnings": (),
}
"""Fields of a job whose current run has not ended."""


MAX_RUNS = 20
"""Runs whose times a job keeps."""


def with_run(runs: tuple[RunTimes, ...], run: int, now: datetime) -> tuple[RunTimes, ...]:
    """Returns the times of a job's runs with those of `run`, which begins now if it has not."""
    is_known = any(times.run == run for times in runs)
    if is_known:
        return runs
    further = RunTimes(run=run, begun=now)
    return (*runs, further)[-MAX_RUNS:]


def with_runs_ended(runs: tuple[RunTimes, ...], now: datetime) -> tuple[RunTimes, ...]:
    """Returns the times of a job's runs. Those that have not ended end now."""
    ended = []
    for times in runs:
        if times.ended is None:
            times = times.model_copy(update={"ended": now})
        ended.append(times)
    return tuple(ended)


def new_job(
    source: Source, run: int, execution: str, state: JobState, now: datetime, expires: datetime
) -> Job:
    """Returns the job of a recording that had none."""
    return Job(
        job_id=source.job_id,
        source=source,
        run=run,
        execution=execution,
        state=state,
        created=now,
        updated=now,
        expires=expires,
        runs=with_run((), run, now),
    )


def queued(
    job: Job | None, source: Source, run: int, execution: str, now: datetime, expires: datetime
) -> Job | None:
    """Returns the job with `execution` as the one that was started for `run`, unless that run or a
    later one has claimed it."""
    if job is None:
        return new_job(source, run, execution, "queued", now, expires)
    if not may_begin(job, run):
        return None
    if job.state == "cancelled":
        return job.model_copy(update={"execution": execution, "updated": now})
    changes = {
        **NOT_ENDED,
        "run": run,
        "runs": with_run(job.runs, run, now),
        "execution": execution,
        "state": "queued",
        "problem": None,
        "updated": now,
        "expires": max(job.expires, expires),
    }
    return job.model_copy(update=changes)


def uploaded(
    job: Job | None,
    source: Source,
    size: int,
    tags: dict[str, str],
    now: datetime,
    expires: datetime,
) -> Job | None:
    """Returns the job of a recording that was just uploaded, with no execution yet. If there is one
    already, it gets what is known of the upload."""
    if job is None:
        job = new_job(source, 1, "", "queued", now, expires)
    elif job.state == "erased" or job.size is not None:
        return None
    return job.model_copy(update={"size": size, "tags": tags})


def may_begin(job: Job, run: int) -> bool:
    """Returns whether `run` is later than the job's run, or is the job's run and has not begun."""
    if job.state == "erased" or job.audio_deletion:
        return False
    if job.state == "queued":
        return run >= job.run
    return run > job.run


def claimed(
    job: Job | None, source: Source, run: int, execution: str, now: datetime, expires: datetime
) -> Job | None:
    """Returns the job with `run` as its current run, unless that run or a later one has claimed
    it."""
    if job is None:
        first = new_job(source, run, execution, "running", now, expires)
        return first.model_copy(update={"claimed": now})
    if not may_begin(job, run):
        return None
    changes = {
        **NOT_ENDED,
        "run": run,
        "runs": with_run(job.runs, run, now),
        "execution": execution,
        "updated": now,
        "expires": max(job.expires, expires),
        "claimed": now,
        "unaligned": (),
    }
    if job.state != "cancelled":
        changes |= {"state": "running", "problem": None}
    return job.model_copy(update=changes)


def rerun_requested(job: Job | None, options: dict[str, JsonValue], now: datetime) -> Job | None:
    """Returns the job with the number of a further run reserved.

    The run directly after the current one may be about to start, by reconcile. Its number is
    skipped, so that its claim fails.
    """
    if job is None or job.state == "erased" or job.audio_deletion:
        return None
    requested_run = job.run + 2
    changes = {
        **NOT_ENDED,
        "run": requested_run,
        "requested_run": requested_run,
        "runs": with_run(job.runs, requested_run, now),
        "execution": "",
        "options": options,
        "options_in_force": {},
        "state": "queued",
        "problem": None,
        "cancellation": None,
        "updated": now,
    }
    return job.model_copy(update=changes)


def cancelled(
    job: Job | None, source: Source, problem: Problem, now: datetime, expires: datetime
) -> Job | None:
    """Returns the job as cancelled, or None if it has ended.

    Its run number rises by one, so that the attempts of the run before lose their claim, and a run
    that has not claimed the job yet cannot do so.
    """
    if job is None:
        first = new_job(source, 1, "", "cancelled", now, expires)
        return first.model_copy(update={"problem": problem, "cancellation": "due"})
    if job.state not in ("queued", "running", "retryable"):
        return None
    changes = {
        **NOT_ENDED,
        "run": job.run + 1,
        "runs": with_run(job.runs, job.run + 1, now),
        "state": "cancelled",
        "problem": problem,
        "cancellation": "due",
        "updated": now,
    }
    return job.model_copy(update=changes)


def finished(
    job: Job | None,
    run: int,
    state: Settled,
    problem: Problem | None,
    results: dict[str, str],
    now: datetime,
    *,
    expires: datetime,
    warnings: tuple[str, ...] = (),
    deletes_audio: bool = False,
    tags: dict[str, str] | None = None,
    figures: JobFigures | None = None,
) -> Job | None:
    """Returns the job with the end of `run` recorded. A notification is due after a final end, and
    the deletion of its audio if that is wanted.

    If the options of the last redrive were the reason of a failure, the job gets back those of the
    last run that was answered, so that a further redrive does not repeat the slip.
    """
    if job is None or job.run != run:
        return None
    if job.state in ("queued", "erased") or job.audio_deletion:
        return None
    if job.ended and job.state == state:
        return None
    if state == "retryable" and job.state != "running":
        return None
    is_final = state in get_args(FinalState)
    changes: dict[str, Any] = {
        "state": state,
        "problem": problem,
        "results": results,
        "updated": now,
        "ended": now,
        "runs": with_runs_ended(with_run(job.runs, run, now), now),
        "notification": "due" if is_final else None,
        "warnings": warnings,
        "audio_deletion": "due" if deletes_audio and state == "done" else None,
        "cancellation": None,
    }
    if tags is not None:
        changes["tags"] = tags
    if is_final:
        changes["expires"] = max(job.expires, expires)
    if state == "done":
        changes["figures"] = figures
        changes["answered_options"] = job.options
    elif problem is not None and problem.type in OPTION_PROBLEMS:
        changes["options"] = job.answered_options
    return job.model_copy(update=changes)


def erased(job: Job | None, source: Source, now: datetime, expires: datetime) -> Job:
    """Returns the tombstone of a job: of its runs only the number and the execution are kept."""
    tombstone = new_job(source, 0, "", "erased", now, expires)
    tombstone = tombstone.model_copy(update={"runs": ()})
    if job is None:
        return tombstone
    kept = {
        "run": job.run,
        "execution": job.execution,
        "created": job.created,
        "position": job.position,
        "folders": job.folders,
        "reserved_event": job.reserved_event,
    }
    return tombstone.model_copy(update=kept)


def name_forgotten(job: Job | None) -> Job | None:
    """Returns the job without the name of its recording."""
    if job is None:
        return None
    nameless = job.source.model_copy(update={"name": ERASED_NAME})
    return job.model_copy(update={"source": nameless})


def parts_recorded(
    job: Job | None, run: int, chunks: int, spans: int, known: KnownRecording | None, now: datetime
) -> Job | None:
    """Returns the job with the number of its parts and what is known of its recording, if `run` is
    its current run."""
    if job is None or job.state == "erased" or job.run != run:
        return None
    changes: dict[str, Any] = {
        "chunks": chunks,
        "spans": spans,
        "updated": now,
    }
    if known is not None:
        changes |= known._asdict()
    return job.model_copy(update=changes)


def notified(job: Job | None, published: Job) -> Job | None:
    """Returns the job with its notification sent, if its end is still the published one."""
    if job is None:
        return None
    if job.run != published.run or job.state != published.state:
        return None
    return job.model_copy(update={"notification": "sent"})


def event_reserved(job: Job | None, event_id: str, number: int, taken: int | None) -> Job | None:
    """Returns the job with a number of the event log reserved for its end, if that has this id.

    A number that is reserved for the end already stays, unless it is the one that another event has
    taken.
    """
    if job is None or not job.has_event(event_id):
        return None
    former = job.reserved_event
    if former is not None and former.event_id == event_id and former.number != taken:
        return None
    reservation = ReservedEvent(event_id=event_id, number=number)
    return job.model_copy(update={"reserved_event": reservation})


def audio_deleted(job: Job | None, run: int) -> Job | None:
    """Returns the job with its audio deleted, if that was due after `run`."""
    if job is None or job.run != run or job.audio_deletion != "due":
        return None
    return job.model_copy(update={"audio_deletion": "done"})


def execution_replaced(job: Job | None, run: int, execution: str) -> Job | None:
    """Returns the job with another execution for what is left to do after `run`."""
    if job is None or job.run != run or job.audio_deletion != "due":
        return None
    return job.model_copy(update={"execution": execution})
