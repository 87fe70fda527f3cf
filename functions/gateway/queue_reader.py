"""Reads the jobs that have not ended, and what each of them waits for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from functions.gateway.job_view import job_summary, options_of
from functions.gateway.waiting import waiting_of
from shared.jobs.job import Job, JobState
from shared.jobs.stage_record import StageRecord
from shared.jobs.store import JobStore
from shared.model.queue import Queue, QueuedJob

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
        now = datetime.fromtimestamp(self.jobs.clock(), UTC)
        lease = timedelta(seconds=self.jobs.limits.lease)
        records = self._records(job)
        waiting = waiting_of(job, options_of(job), records, now, lease)
        assert waiting is not None, f"a job in the queue that is {job.state}"
        return QueuedJob(job=job_summary(job), waiting=waiting)

    def _records(self, job: Job) -> Sequence[StageRecord]:
        """Returns the records that say what a job waits for.

        A long recording has hundreds that are done, which are read only if no part is open.
        """
        if job.state != "running" or job.claimed is None:
            return ()
        opened = self.jobs.records.open_since(job.job_id, job.claimed)
        return opened or self.jobs.records.of_job(job.job_id)
