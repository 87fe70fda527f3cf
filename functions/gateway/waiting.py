"""What a job that has not ended waits for, as far as its documents show it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from functions.gateway.job_progress import StageWork, works_of
from shared.jobs.job import Job
from shared.jobs.stage_record import StageRecord
from shared.model.options import Options
from shared.model.stages import STAGES
from shared.model.waiting import Waiting, WaitReason


def waiting_of(
    job: Job,
    options: Options | None,
    records: Sequence[StageRecord],
    now: datetime,
    lease: timedelta,
) -> Waiting | None:
    """Returns what a job waits for, or None if it has ended.

    `records` are all of the job's, or only those of parts that its current run has begun and not
    done. What failed in an earlier run and was not called again since is not waited for.
    """
    if job.state == "retryable":
        ended = job.ended or job.updated
        return Waiting(reason="restart", parts={}, since=ended, problem=job.problem)
    if job.has_ended:
        return None
    begun = job.claimed
    if job.state == "queued" or begun is None:
        return Waiting(reason="execution_begin", parts={}, since=job.updated)
    opened = [record for record in records if record.state != "done" and record.updated >= begun]
    of_open = waiting_for_open(opened, now, lease)
    return of_open or waiting_for_next(job, options, records)


def waiting_for_open(
    opened: Sequence[StageRecord], now: datetime, lease: timedelta
) -> Waiting | None:
    """Returns what a job with these parts waits for, or None if there are none. A job that works on
    one part waits for nothing, whatever became of another."""
    at_work = [record for record in opened if record.is_leased(now, lease)]
    if at_work:
        first = min(record.started for record in at_work)
        return waiting("at_work", at_work, first)
    lost = [record for record in opened if record.state == "running"]
    if lost:
        first = min(record.lease_until for record in lost)
        return waiting("worker_lost", lost, min(first, now))
    if opened:
        first = min(record.updated for record in opened)
        return waiting("retry", opened, first)
    return None


def waiting(reason: WaitReason, records: Iterable[StageRecord], since: datetime) -> Waiting:
    """Returns the reason with how many parts of each stage the records are of."""
    parts = Counter(record.stage for record in records)
    return Waiting(reason=reason, parts=dict(parts), since=since)


def waiting_for_next(job: Job, options: Options | None, records: Sequence[StageRecord]) -> Waiting:
    """Returns what a running job waits for of which no part is begun and not done."""
    changes = [record.updated for record in records]
    since = max([job.claimed or job.updated, *changes])
    unfinished = unfinished_works(works_of(job, options, records))
    if not unfinished:
        return Waiting(reason="answer", parts={}, since=since)
    first = unfinished[0]
    count = 1 if first.of is None else first.of - first.done
    return Waiting(reason="stage_begin", parts={first.stage: count}, since=since)


def unfinished_works(works: Iterable[StageWork]) -> list[StageWork]:
    """Returns the stages that are not done, but for the one that writes the answer, of which there
    are no records."""
    unfinished = []
    for work in works:
        is_done = work.of is not None and work.done >= work.of
        if STAGES[work.stage].is_recorded and not is_done:
            unfinished.append(work)
    return unfinished
