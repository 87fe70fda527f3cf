"""Stores batches, with compare-and-set on documents, and logs and publishes their ends.

A batch is the document `batches/<batch_id>`. The process that logs the end of a job records it in
the job's open batches, and logs and publishes the end of the batches whose last job it was. If the
process dies before, reconcile looks at the jobs of batches that have been open for long, and
finishes what is due.
"""

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.jobs.batch import Batch, batch_sent, final_state, jobs_ended, looked_at
from shared.jobs.batch_events import batch_cloud_event
from shared.jobs.compare_and_set import compare_and_set
from shared.jobs.event_log import event_log_of
from shared.jobs.job import NEVER, Job
from shared.jobs.listing import position_of
from shared.jobs.store import JobStore
from shared.model.batches import BatchedState
from shared.ports.documents import Page
from shared.ports.events import EventPublisher

PAGE_SIZE = 100
"""Open batches that are read at once."""


@dataclass(frozen=True)
class BatchStore:
    """Batches beside the jobs."""

    jobs: JobStore
    publisher: EventPublisher | None
    """None: ends of batches are not published."""
    readers: int = 16
    """Threads that read jobs at once."""

    def create(
        self, key_id: str, folder: str, jobs: Iterable[Job], metadata: dict[str, str]
    ) -> Batch:
        """Make a batch of jobs, and log its end if all of them have ended.

        Those that end meanwhile are looked at after the batch is there, so that none is missed.
        """
        now = self.now()
        batch_id = f"b-{secrets.token_hex(10)}"
        batch = Batch(
            batch_id=batch_id,
            key_id=key_id,
            folder=folder,
            folders=tuple(dict.fromkeys(job.job_id for job in jobs)),
            position=position_of(batch_id, now),
            state="open",
            ended_jobs={},
            metadata=metadata,
            created=now,
            updated=now,
            expires=NEVER,
        )
        document = batch.model_dump(mode="json")
        self.jobs.documents.put(batch_path(batch_id), document, if_version=None)
        self.look(batch)
        return self.find(batch_id) or batch

    def find(self, batch_id: str) -> Batch | None:
        found = self.jobs.documents.get(batch_path(batch_id))
        if found is None:
            return None
        document, _ = found
        return Batch.model_validate(document)

    def record_end(self, job_id: str, state: BatchedState) -> None:
        """Record the end of a job in its open batches, and finish those that have ended with it.
        Repeating it does no harm. Raises EventsUnavailable."""
        for batch in self._ended_with(job_id, state):
            self.finish(batch)

    def record_erasure(self, job_id: str) -> None:
        """Record an erased job in its open batches. The ends of those that have ended with it are
        logged now, and published by reconcile."""
        for batch in self._ended_with(job_id, "erased"):
            event_log_of(self.jobs).append_batch(batch)

    def _ended_with(self, job_id: str, state: BatchedState) -> list[Batch]:
        """Record the end of a job in its open batches. Returns those whose last job it was."""
        ended = []
        for batch in self._open_batches(job_id):
            changed = self._record(batch.batch_id, {job_id: state})
            if changed is not None and changed.state == "due":
                ended.append(changed)
        return ended

    def _open_batches(self, job_id: str) -> Iterator[Batch]:
        """Yields the open batches of a job, the newest first, however many there are."""
        below = ""
        while True:
            page = Page(job_id, "position", PAGE_SIZE, below=below, state="open")
            documents = self.jobs.documents.page("batches", page)
            batches = [Batch.model_validate(document) for document in documents]
            yield from batches
            if len(batches) < PAGE_SIZE:
                return
            below = batches[-1].position

    def look(self, batch: Batch) -> None:
        """Look at the jobs of an open batch that have not ended when they were last looked at."""
        missing = [job_id for job_id in batch.folders if job_id not in batch.ended_jobs]
        states = {}
        for job_id, job in zip(missing, self.read_jobs(missing), strict=True):
            state = self._logged_state(job)
            if state is not None:
                states[job_id] = state
        changed = self._record(batch.batch_id, states)
        if changed is not None:
            self.finish(changed)

    def read_jobs(self, job_ids: Iterable[str]) -> list[Job | None]:
        """Returns the jobs with these ids, None for those that are not there."""
        with ThreadPoolExecutor(self.readers) as pool:
            return list(pool.map(self.jobs.find, job_ids))

    def finish_abandoned(self, before: datetime) -> int:
        """Log the ends of batches that are due, and look at open ones that were last changed before
        a time. Returns how many batches ended by this."""
        finished = 0
        for document in list(self.jobs.documents.query("batches", "state", "due")):
            finished += self.finish(Batch.model_validate(document))
        for document in list(self.jobs.documents.query("batches", "state", "open")):
            batch = Batch.model_validate(document)
            if batch.updated < before:
                self.look(batch)
                self._change(batch.batch_id, lambda each: looked_at(each, self.now()))
        return finished

    def finish(self, batch: Batch) -> bool:
        """Log the end of a batch whose jobs have ended, and publish it. Returns whether it was due.

        Raises EventsUnavailable.
        """
        if batch.state != "due":
            return False
        event_log = event_log_of(self.jobs)
        event_log.append_batch(batch)
        if self.publisher is not None:
            event = batch_cloud_event(batch)
            self.publisher.publish(event)
        self._change(batch.batch_id, lambda each: batch_sent(each, self.now()))
        return True

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.jobs.clock(), UTC)

    def _logged_state(self, job: Job | None) -> BatchedState | None:
        """Returns how a job ended, or None if that is not logged: the end of a batch is logged
        after those of its jobs. A job whose document has expired counts as erased."""
        if job is None or job.state == "erased":
            return "erased"
        if job.notification == "due":
            event_log = event_log_of(self.jobs)
            if not event_log.has_end(job):
                return None
        return final_state(job)

    def _record(self, batch_id: str, states: Mapping[str, BatchedState]) -> Batch | None:
        """Returns the batch with the ends of further jobs, or None if that changed nothing."""
        now = self.now()
        expires = now + timedelta(days=self.jobs.limits.keep_days)
        return self._change(batch_id, lambda each: jobs_ended(each, states, now, expires))

    def _change(
        self, batch_id: str, change: Callable[[Batch | None], Batch | None]
    ) -> Batch | None:
        return compare_and_set(self.jobs.documents, batch_path(batch_id), Batch, change)


def batch_path(batch_id: str) -> str:
    return f"batches/{batch_id}"
