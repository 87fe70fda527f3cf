"""A batch: jobs with one end. Its document, and the pure functions that change it.

A batch is `open` until all of its jobs have ended, then `due` until its end is logged and
published, then `done`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from shared.jobs.job import Job, ReservedEvent, StoredModel
from shared.model.batches import BatchCounts, BatchedState

FINAL_STATES: Mapping[str, BatchedState] = {
    "done": "done",
    "failed": "failed",
    "cancelled": "cancelled",
}


class Batch(StoredModel):
    """Some jobs, which are the same ones as long as the batch exists."""

    batch_id: str
    key_id: str
    """The API key that made it."""
    folder: str
    """Folder of that key, whose keys may see the batch."""
    folders: tuple[str, ...]
    """Ids of its jobs. The field has the name by which documents are found in pages."""
    position: str
    state: Literal["open", "due", "done"]
    ended_jobs: dict[str, BatchedState]
    """How those of its jobs ended that have ended."""
    metadata: dict[str, str]
    """The client's own."""
    created: datetime
    updated: datetime
    ended: datetime | None = None
    """When the last of its jobs had ended."""
    expires: datetime
    reserved_event: ReservedEvent | None = None
    """Its place in the event log."""

    @property
    def event_id(self) -> str:
        return f"{self.batch_id}-done"

    def counts(self) -> BatchCounts:
        states = list(self.ended_jobs.values())
        return BatchCounts(
            jobs=len(self.folders),
            pending=len(self.folders) - len(states),
            done=states.count("done"),
            failed=states.count("failed"),
            cancelled=states.count("cancelled"),
            erased=states.count("erased"),
        )


def final_state(job: Job) -> BatchedState | None:
    """Returns how a job ended, or None if it has not."""
    return FINAL_STATES.get(job.state) if job.ended else None


def jobs_ended(
    batch: Batch | None, states: Mapping[str, BatchedState], now: datetime, expires: datetime
) -> Batch | None:
    """Returns an open batch with the ends of further jobs, and as due if these are the last."""
    if batch is None or batch.state != "open":
        return None
    ended_jobs = dict(batch.ended_jobs)
    for job_id in batch.folders:
        if job_id in states:
            ended_jobs.setdefault(job_id, states[job_id])
    if ended_jobs == batch.ended_jobs and len(ended_jobs) < len(batch.folders):
        return None
    changed = batch.model_copy(update={"ended_jobs": ended_jobs, "updated": now})
    if len(ended_jobs) < len(batch.folders):
        return changed
    return changed.model_copy(update={"state": "due", "ended": now, "expires": expires})


def looked_at(batch: Batch | None, now: datetime) -> Batch | None:
    """Returns an open batch whose jobs were looked at now."""
    if batch is None or batch.state != "open":
        return None
    return batch.model_copy(update={"updated": now})


def batch_reserved(batch: Batch | None, number: int, taken: int | None) -> Batch | None:
    """Returns a batch with a number of the event log reserved for its end. One that is reserved
    already stays, unless another event has taken it."""
    if batch is None:
        return None
    former = batch.reserved_event
    if former is not None and former.number != taken:
        return None
    reservation = ReservedEvent(event_id=batch.event_id, number=number)
    return batch.model_copy(update={"reserved_event": reservation})


def batch_sent(batch: Batch | None, now: datetime) -> Batch | None:
    """Returns the batch as one whose end is logged and published."""
    if batch is None or batch.state != "due":
        return None
    return batch.model_copy(update={"state": "done", "updated": now})
