"""Batches on the wire: several jobs with one end."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, Field, model_validator

from shared.model.api_paths import batch_path
from shared.model.contracts import FinalState, WireModel

MAX_BATCH_JOBS = 1000
BATCH_DONE: Literal["dropscribe.batch.done"] = "dropscribe.batch.done"
"""Type of the event of a batch's end."""

BatchedState = FinalState | Literal["erased"]
"""How a job of a batch ended."""
BatchJobId = Annotated[str, Field(pattern="^[0-9a-f]{20}$")]


class BatchRequest(WireModel):
    """A request to make a batch of jobs, which are named, or found by their recordings' names."""

    jobs: tuple[BatchJobId, ...] | None = Field(
        default=None, min_length=1, max_length=MAX_BATCH_JOBS
    )
    """Ids of its jobs. One that is there twice counts once."""
    prefix: str | None = Field(default=None, max_length=1024)
    """Begin of the names of recordings, whose jobs that are there now make the batch. At most 1000.
    Either this or `jobs` is given."""
    metadata: dict[str, str] = {}
    """The client's own, which the batch and its event echo. At most 2048 bytes."""

    @model_validator(mode="after")
    def has_one_choice(self) -> Self:
        if (self.jobs is None) == (self.prefix is None):
            raise ValueError("give either jobs or prefix")
        return self


class BatchCounts(WireModel):
    """How many jobs of a batch ended in which way."""

    jobs: int
    pending: int
    """Those that have not ended."""
    done: int
    failed: int
    cancelled: int
    erased: int


class BatchJob(WireModel):
    """A job of a batch."""

    id: str
    state: BatchedState | None
    """How it ended first since it is in the batch; null until then."""
    link: str
    """Path of the job."""


class BatchView(WireModel):
    """A batch as it is now."""

    id: str
    state: Literal["open", "done"]
    """`done`: all of its jobs have ended."""
    created: AwareDatetime
    ended: AwareDatetime | None
    """When the last of its jobs had ended; null until then."""
    counts: BatchCounts
    metadata: dict[str, str]
    jobs: tuple[BatchJob, ...]


class BatchCompletion(WireModel):
    """The data of the published event of a batch's end."""

    batch_id: str
    folder: str
    """Folder of the key that made it."""
    counts: BatchCounts
    metadata: dict[str, str]


class BatchLinks(WireModel):
    """Paths of what belongs to a batch."""

    batch: str


class BatchEnd(WireModel):
    """How the jobs of a batch ended."""

    batch_id: str
    counts: BatchCounts
    metadata: dict[str, str]
    """The client's own, as it was sent with the request."""
    links: BatchLinks


def batch_end(batch_id: str, counts: BatchCounts, metadata: Mapping[str, str]) -> BatchEnd:
    """Returns how the jobs of a batch ended, with the path at which the batch is found."""
    links = BatchLinks(batch=batch_path(batch_id))
    return BatchEnd(batch_id=batch_id, counts=counts, metadata=dict(metadata), links=links)


class BatchPayload(WireModel):
    """The body that is sent to an endpoint when a batch has ended."""

    type: Literal["dropscribe.batch.done"]
    timestamp: AwareDatetime
    """When the last of its jobs had ended."""
    data: BatchEnd
