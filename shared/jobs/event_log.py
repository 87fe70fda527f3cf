"""The event log: the ends of all jobs, numbered without gaps in the order of their entries.

An entry is the document `events/<number>`. It is created only if there is none of that number, and
only after the one before it, so that a reader who has seen a number misses none that follows.

An end is logged once, whatever is killed: before its entry is created, the entry's number is
reserved in the job's document. A process that logs the end again finds the reserved number, and
finds or creates the entry of that number. If an entry of another job took that number first, the
next one is reserved.

The last entry does not expire, so that numbers go on after a long pause. It expires `keep_days`
after another entry follows it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.jobs.batch import Batch, batch_reserved
from shared.jobs.compare_and_set import MAX_CONFLICTS, compare_and_set
from shared.jobs.job import Job
from shared.jobs.listing import folder_digest
from shared.jobs.logged_event import (
    LoggedEvent,
    event_position,
    followed,
    logged_batch,
    logged_end,
    logged_erasure,
    name_erased,
)
from shared.jobs.store import JobStore, job_path
from shared.jobs.transitions import event_reserved
from shared.model.errors import JobStoreUnavailable
from shared.ports.documents import Documents, Page

WHOLE_INBOX = folder_digest("")
Reserve = Callable[[int, int | None], int | None]
"""Returns the number that is reserved for an event: the first one, unless another than the second
is reserved already. None: the event is not to be logged."""


@dataclass(frozen=True)
class EventLog:
    """The event log in `documents`. `clock` returns seconds since the epoch."""

    documents: Documents
    clock: Callable[[], float]
    keep_days: int
    """Days until an entry is deleted, after another one follows it."""

    def append(self, ended: Job) -> None:
        """Log how a job ended, unless that is logged, or the job was run again or erased since.

        Raises JobStoreUnavailable.
        """

        def reserve(number: int, taken: int | None) -> int | None:
            return self._reserve(ended, number, taken)

        def entry(number: int) -> LoggedEvent:
            return logged_end(ended, number, self._now())

        self._append(reserve, entry)

    def append_batch(self, batch: Batch) -> None:
        """Log the end of a batch, unless it is logged. Raises JobStoreUnavailable."""

        def reserve(number: int, taken: int | None) -> int | None:
            return self._reserve_for_batch(batch, number, taken)

        def entry(number: int) -> LoggedEvent:
            return logged_batch(batch, number, self._now())

        self._append(reserve, entry)

    def _append(self, reserve: Reserve, entry_of: Callable[[int], LoggedEvent]) -> None:
        """Create an entry, unless it is there, or no number is reserved for it."""
        taken: int | None = None
        for _ in range(MAX_CONFLICTS):
            last = self.last_number()
            number = reserve(last + 1, taken)
            if number is None:
                return
            entry = entry_of(number)
            # A reserved number before the last is taken, or its entry has expired.
            is_logged = number > last and self._create(entry)
            if is_logged or self._is_logged(entry):
                self._let_expire(number - 1)
                return
            taken = number
        raise JobStoreUnavailable(f"{MAX_CONFLICTS} numbers in a row were taken by other events")

    def _reserve(self, ended: Job, number: int, taken: int | None) -> int | None:
        """Returns the number that is reserved for the end of a job: the given one, unless another
        than `taken` is reserved already. None if the job does not have this end any more."""

        def reserved(job: Job | None) -> Job | None:
            return event_reserved(job, ended.event_id, number, taken)

        path = job_path(ended.job_id)
        changed = compare_and_set(self.documents, path, Job, reserved)
        job = changed or self._find_job(ended.job_id)
        if job is None or not job.has_event(ended.event_id):
            return None
        return job.reserved_event.number if job.reserved_event else None

    def _reserve_for_batch(self, ended: Batch, number: int, taken: int | None) -> int | None:
        """The same for the end of a batch. None if the batch has expired."""

        def reserved(batch: Batch | None) -> Batch | None:
            return batch_reserved(batch, number, taken)

        path = f"batches/{ended.batch_id}"
        changed = compare_and_set(self.documents, path, Batch, reserved)
        if changed is None:
            found = self.documents.get(path)
            changed = Batch.model_validate(found[0]) if found else None
        if changed is None or changed.reserved_event is None:
            return None
        return changed.reserved_event.number

    def _is_logged(self, entry: LoggedEvent) -> bool:
        """Returns whether this event has its number, or had it until it expired."""
        found = self.find(entry.number)
        return found is None or found.event_id == entry.event_id

    def _create(self, entry: LoggedEvent) -> bool:
        """Returns whether the entry was created. It is not if there is one of its number."""
        document = entry.model_dump(mode="json")
        path = entry_path(entry.number)
        return self.documents.put(path, document, if_version=None)

    def _let_expire(self, number: int) -> None:
        """Have an entry expire, since another one follows it."""
        now = self._now()
        kept = timedelta(days=self.keep_days)

        def expiring(entry: LoggedEvent | None) -> LoggedEvent | None:
            return followed(entry, now, kept)

        compare_and_set(self.documents, entry_path(number), LoggedEvent, expiring)

    def erase(self, job_id: str) -> None:
        """Remove the recording's name and tags from the entries of a job that is erased.

        A call that was about to log an end of the job cannot do so afterwards: the only number that
        it may still use is the reserved one, which is taken here.
        """
        now = self._now()
        tombstone = self._find_job(job_id)
        if tombstone is not None and tombstone.reserved_event is not None:
            number = tombstone.reserved_event.number
            entry = logged_erasure(tombstone, number, now)
            if number > self.last_number() and self._create(entry):
                self._let_expire(number - 1)

        def nameless(entry: LoggedEvent | None) -> LoggedEvent | None:
            return name_erased(entry, now)

        for logged in self.of_job(job_id):
            path = entry_path(logged.number)
            compare_and_set(self.documents, path, LoggedEvent, nameless)

    def read(self, after: int, limit: int, folder: str = "") -> list[LoggedEvent]:
        """Returns the first entries of a folder of the inbox that follow a number, in their order.

        Those of jobs that were erased before their end was logged are among them.
        """
        digest = folder_digest(folder)
        above = event_position(after)
        page = Page(digest, "position", limit, ascending=True, above=above)
        documents = self.documents.page("events", page)
        return [LoggedEvent.model_validate(document) for document in documents]

    def find(self, number: int) -> LoggedEvent | None:
        """Returns the entry of a number, or None if there is none or it has expired."""
        found = self.documents.get(entry_path(number))
        if found is None:
            return None
        document, _ = found
        return LoggedEvent.model_validate(document)

    def of_job(self, job_id: str) -> list[LoggedEvent]:
        """Returns the entries about a job, in no order. Those of its earlier runs may have
        expired."""
        documents = self.documents.query("events", "job.job_id", job_id)
        return [LoggedEvent.model_validate(document) for document in documents]

    def has_end(self, job: Job) -> bool:
        """Returns whether the end of a job is logged."""
        place = job.reserved_event
        if place is None or place.event_id != job.event_id:
            return False
        entry = self.find(place.number)
        return entry is not None and entry.event_id == job.event_id

    def last_number(self) -> int:
        """Returns the number of the last entry, or 0 if there is none."""
        page = Page(WHOLE_INBOX, "position", limit=1)
        for document in self.documents.page("events", page):
            return LoggedEvent.model_validate(document).number
        return 0

    def _find_job(self, job_id: str) -> Job | None:
        found = self.documents.get(job_path(job_id))
        if found is None:
            return None
        document, _ = found
        return Job.model_validate(document)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)


def event_log_of(jobs: JobStore) -> EventLog:
    """Returns the event log beside the jobs."""
    return EventLog(jobs.documents, jobs.clock, jobs.limits.keep_days)


def entry_path(number: int) -> str:
    return f"events/{event_position(number)}"
