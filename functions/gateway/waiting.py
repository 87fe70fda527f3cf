"""What the jobs that have not ended wait for, as far as their documents show it."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from functions.gateway.job_progress import StageWork, works_of
from functions.gateway.job_view import job_summary, options_of
from shared.jobs.job import Job, JobState
from shared.jobs.stage_record import StageRecord
from shared.jobs.store import JobStore
from shared.model.queue import Queue, QueuedJob, Waiting, WaitReason
from shared.model.stages import STAGES

IN_QUEUE: tuple[JobState, ...] = ("running", "retryable", "queued")
"""States of a job that has not ended, in the order in which the queue shows them."""
MAX_READ = 200
"""Jobs of each state that are read for one answer: those that have been in it for longest."""


@dataclass(frozen=True)
class QueueReader:
    """Reads the queue of a folder from the job store."""

    jobs: JobStore
    folder: str

    def read(self, name_prefix: str, limit: int) -> Queue:
        """Returns the jobs that have not ended, `limit` at most, whose recordings' names begin with
        a prefix. Raises JobStoreUnavailable."""
        found: list[Job] = []
        is_complete = True
        for state in IN_QUEUE:
            of_state = self.jobs.oldest(state, self.folder, MAX_READ)
            is_complete = is_complete and len(of_state) < MAX_READ
            named = [job for job in of_state if job.source.name.startswith(name_prefix)]
            found += sorted(named, key=lambda job: job.position)
        shown = tuple(self._with_reason(job) for job in found[:limit])
        return Queue(jobs=shown, is_complete=is_complete and len(found) <= limit)

    def _with_reason(self, job: Job) -> QueuedJob:
        waiting = self._waiting(job)
        return QueuedJob(job=job_summary(job), waiting=waiting)

    def _waiting(self, job: Job) -> Waiting:
        if job.state == "queued" or job.claimed is None:
            return Waiting(reason="execution_begin", parts={}, since=job.updated)
        if job.state == "retryable":
            ended = job.ended or job.updated
            return Waiting(reason="restart", parts={}, since=ended, problem=job.problem)
        now = datetime.fromtimestamp(self.jobs.clock(), UTC)
        lease = timedelta(seconds=self.jobs.limits.lease)
        opened = open_records(job, self.jobs)
        waiting = waiting_for_open(opened, now, lease)
        if waiting is not None:
            return waiting
        return waiting_for_next(job, self.jobs.stage_records(job.job_id))


def open_records(job: Job, jobs: JobStore) -> list[StageRecord]:
    """Returns the records of the current run's parts that are begun and not done.

    Only these are read: a long recording has hundreds that are done. What failed in an earlier run
    and was not called again since is not waited for.
    """
    collection = f"jobs/{job.job_id}/tasks"
    running = jobs.documents.query(collection, "state", "running")
    failed = jobs.documents.query(collection, "state", "failed")
    records = [StageRecord.model_validate(document) for document in (*running, *failed)]
    begun = job.claimed
    return [record for record in records if begun is not None and record.updated >= begun]


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


def waiting_for_next(job: Job, records: Sequence[StageRecord]) -> Waiting:
    """Returns what a running job waits for of which no part is begun and not done."""
    changes = [record.updated for record in records]
    since = max([job.claimed or job.updated, *changes])
    unfinished = unfinished_works(works_of(job, options_of(job), records))
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
