"""An entry of the event log: how a job ended, without anything that was said."""

from datetime import datetime, timedelta
from typing import Literal

from pydantic import Field

from shared.jobs.batch import Batch
from shared.jobs.job import NEVER, Job, StoredModel
from shared.jobs.listing import folder_digest, folder_digests
from shared.model.batches import BATCH_DONE, BatchCounts
from shared.model.contracts import FinalState

JOB_TYPE = "dropscribe.job."
"""Followed by the state: dropscribe.job.done, .failed or .cancelled."""
NUMBER_DIGITS = 13

LoggedState = FinalState | Literal["erased"]


class EndedJob(StoredModel):
    """What the log keeps of a job that ended."""

    job_id: str
    run: int
    name: str | None
    """Of the recording in the inbox; null after its erasure."""
    problem_type: str | None
    warnings: tuple[str, ...]
    tags: dict[str, str]
    """The uploader's own metadata. Empty after the erasure of the recording."""


class EndedBatch(StoredModel):
    """What the log keeps of a batch that ended."""

    batch_id: str
    counts: BatchCounts
    metadata: dict[str, str]


class LoggedEvent(StoredModel):
    """One entry of the event log."""

    number: int = Field(ge=1)
    """Of the entries, in the order in which they were written: 1, 2, 3 and so on."""
    position: str
    """The number with leading zeros, so that texts sort like numbers."""
    event_id: str
    """That of the CloudEvent."""
    type: str
    time: datetime
    """When the job or the batch ended."""
    state: LoggedState
    """How it ended. `erased`: it was erased before its end was logged, and the entry only takes the
    number that was reserved for that end."""
    folders: tuple[str, ...]
    """Digests of the folders that the recording is, or was, in, or the batch."""
    job: EndedJob | None = None
    """Null: it is the end of a batch."""
    batch: EndedBatch | None = None
    updated: datetime
    expires: datetime

    @property
    def ended_job(self) -> EndedJob:
        """Returns the job that ended. Raises ValueError for the end of a batch."""
        if self.job is None:
            raise ValueError(f"{self.event_id} is no end of a job")
        return self.job

    @property
    def is_shown(self) -> bool:
        """Returns whether readers are shown the entry. It is not if the job was erased before its
        end was logged."""
        return self.state != "erased"

    def is_in(self, folder: str) -> bool:
        """Returns whether the recording is, or was, in a folder of the inbox."""
        return folder_digest(folder) in self.folders


def logged_end(job: Job, number: int, now: datetime) -> LoggedEvent:
    """Returns the entry of a job that has ended or was erased, which does not expire yet."""
    ended = EndedJob(
        job_id=job.job_id,
        run=job.run,
        name=job.source.name,
        problem_type=job.problem.type if job.problem else None,
        warnings=job.warnings,
        tags=job.tags,
    )
    fields = {
        "number": number,
        "position": event_position(number),
        "event_id": job.event_id,
        "type": f"{JOB_TYPE}{job.state}",
        "time": job.ended or job.updated,
        "state": job.state,
        "folders": job.folders,
        "job": ended,
        "updated": now,
        "expires": NEVER,
    }
    return LoggedEvent.model_validate(fields)


def logged_batch(batch: Batch, number: int, now: datetime) -> LoggedEvent:
    """Returns the entry of a batch that has ended, which does not expire yet."""
    ended = EndedBatch(batch_id=batch.batch_id, counts=batch.counts(), metadata=batch.metadata)
    return LoggedEvent(
        number=number,
        position=event_position(number),
        event_id=batch.event_id,
        type=BATCH_DONE,
        time=batch.ended or batch.updated,
        state="done",
        folders=folder_digests(batch.folder),
        batch=ended,
        updated=now,
        expires=NEVER,
    )


def logged_erasure(tombstone: Job, number: int, now: datetime) -> LoggedEvent:
    """Returns the entry that takes the number which an erased job had reserved."""
    entry = logged_end(tombstone, number, now)
    return name_erased(entry, now) or entry


def name_erased(entry: LoggedEvent | None, now: datetime) -> LoggedEvent | None:
    """Returns the entry without the recording's name and tags, or None if it has none."""
    if entry is None or entry.job is None or entry.job.name is None:
        return None
    nameless = entry.job.model_copy(update={"name": None, "tags": {}})
    return entry.model_copy(update={"job": nameless, "updated": now})


def followed(entry: LoggedEvent | None, now: datetime, kept: timedelta) -> LoggedEvent | None:
    """Returns the entry as one that another follows, and that therefore expires; None if it does
    already."""
    if entry is None or entry.expires != NEVER:
        return None
    return entry.model_copy(update={"updated": now, "expires": now + kept})


def event_position(number: int) -> str:
    return f"{number:0{NUMBER_DIGITS}d}"
