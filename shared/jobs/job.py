"""A job: one generation of one inbox object, as its document holds it.

How it changes is in shared/jobs/transitions.py.
"""

from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

from pydantic import ConfigDict, Field, JsonValue

from shared.jobs.listing import folder_digest, folder_digests, position_of
from shared.model.contracts import Problem, ResolvedOption, Source, WireModel

JobState = Literal["queued", "running", "done", "failed", "retryable", "cancelled", "erased"]

NEVER = datetime(9999, 1, 1, tzinfo=UTC)
"""Expiry of documents that are not deleted."""
ERASED_NAME = "(erased)"
"""Replaces the object name of an erased recording."""


class StoredModel(WireModel):
    """A document. Unknown fields are ignored, so that an old version can read what a new version
    wrote while the new one is being deployed."""

    model_config = ConfigDict(extra="ignore")


class JobFigures(StoredModel):
    """What a transcript took."""

    audio_seconds: float
    stage_seconds: dict[str, float]
    """Seconds of work by stage, of all its parts together."""
    cost_usd: float | None
    """Null where the deployment computes no costs."""


class ReservedEvent(StoredModel):
    """The number in the event log that is reserved for the end of a job."""

    event_id: str
    number: int


class RunTimes(StoredModel):
    """When a run of a job was at work: the times of its trace."""

    run: int
    begun: datetime
    """When it was first recorded: by the upload, a start or its claim."""
    ended: datetime | None = None
    """When its end was recorded, or that of a later run before it came to an end of its own."""


class KnownRecording(NamedTuple):
    """What a run knows of its recording once it was read, as fields of the job."""

    size: int
    """In bytes."""
    tags: dict[str, str]
    options_in_force: dict[str, ResolvedOption]
    upload_mark: str | None = None
    """That of its upload through the HTTP API; None: it came another way."""


def derived_position(job: dict[str, Any]) -> str:
    """Returns the position of a job that is stored without one, from its fields before it."""
    return position_of(job["job_id"], job["created"])


def derived_folders(job: dict[str, Any]) -> tuple[str, ...]:
    """Returns the folders of a job that is stored without them, from its fields before them."""
    source: Source = job["source"]
    return folder_digests(source.name)


class Job(StoredModel):
    """One generation of one inbox object, as its current run sees it."""

    job_id: str
    source: Source
    run: int
    execution: str
    """The execution that claimed the job, or that was started to do so. Empty if there is none."""
    state: JobState
    created: datetime
    updated: datetime
    expires: datetime
    """When the document is deleted: not before its answer."""
    position: str = Field(default_factory=derived_position)
    """Place in a list of jobs: the millisecond in which the job was created, and its id. Documents
    of a former version lack it, and are in no list until they are written again."""
    folders: tuple[str, ...] = Field(default_factory=derived_folders)
    """Digests of the folders that the recording is in, that of the whole inbox included. They are
    no names, so an erased job keeps them."""
    size: int | None = None
    """Of the recording, in bytes; null until it is known."""
    claimed: datetime | None = None
    """When the current run claimed the job."""
    runs: tuple[RunTimes, ...] = ()
    """The last runs that were recorded, in the order in which they were."""
    chunks: int | None = None
    """Number of parts to transcribe; null until the recording is cut."""
    spans: int | None = None
    """Number of parts to diarize; null until the recording is cut."""
    unaligned: tuple[int, ...] = ()
    """The parts whose alignment failed for good in the current run, as far as that is recorded."""
    problem: Problem | None = None
    results: dict[str, str] = {}
    """Format -> URI in the outbox. After a failure it is the transcript of an earlier run, or the
    problem."""
    tags: dict[str, str] = {}
    """The uploader's own metadata, once it is known."""
    upload_mark: str | None = None
    """Recognises the recording's upload through the HTTP API after the recording was deleted."""
    options_in_force: dict[str, ResolvedOption] = {}
    """The options with their origins of the last run that read the recording. Empty from a redrive
    until its run has read it."""
    figures: JobFigures | None = None
    """Of the last run that was answered with a transcript."""
    requested_run: int = 1
    """The last run that was requested, by an upload or a redrive. Later runs were started by
    reconcile."""
    options: dict[str, JsonValue] = {}
    """Options of the last redrive, which the runs after it keep."""
    answered_options: dict[str, JsonValue] = {}
    """Options of the last redrive that was answered with a transcript."""
    ended: datetime | None = None
    """When `finish` recorded the end of the current run; null before."""
    notification: Literal["due", "sent"] | None = None
    """Of the job's end: `due` from the write that records the end until it is logged and published;
    null if the current run has not ended."""
    reserved_event: ReservedEvent | None = None
    """The last one that was reserved for an end of the job. It is kept by later runs, and by an
    erased job."""
    warnings: tuple[str, ...] = ()
    """Codes of the transcript's warnings, each one once."""
    audio_deletion: Literal["due", "done"] | None = None
    """Of the recording and its work audio: `due` from the write that records the end until all is
    deleted; null if the recording is kept."""
    cancellation: Literal["due"] | None = None
    """`due` from the cancellation until a run has recorded that it was written to the outbox, or
    until a rerun is requested."""
    drawing: Literal["due"] | None = None
    """Of the edits: `due` from the save of a revision until the files of the answer have it; null
    if they have all."""
    edits_due: int | None = None
    """The revision that is to be drawn; null if none is."""
    carried_by: int = 0
    """The run whose end takes the edits over to its transcript. None can be saved until the run has
    ended."""
    edits_revision: int = 0
    """The newest revision of the edits that is known; 0 without edits."""
    drawing_execution: str = ""
    """The execution that was started to draw them. Empty if none was."""

    @property
    def has_ended(self) -> bool:
        """Returns whether no run is requested or at work."""
        return self.state not in ("queued", "running")

    @property
    def is_carrying_edits(self) -> bool:
        """Returns whether the end of the current run is taking the edits over."""
        return self.state == "running" and self.carried_by == self.run

    @property
    def event_id(self) -> str:
        """Returns the id of the event of the job's end."""
        return f"{self.job_id}-{self.run}-{self.state}"

    def has_event(self, event_id: str) -> bool:
        """Returns whether the job has ended, and this is the id of its end's event."""
        return self.ended is not None and self.event_id == event_id

    def is_in(self, folder: str) -> bool:
        """Returns whether the recording is, or was, in a folder of the inbox, such as "team/". The
        empty folder is the whole inbox."""
        return folder_digest(folder) in self.folders
