"""A job and its states."""

from datetime import datetime
from typing import Literal

from pydantic import ConfigDict, JsonValue

from shared.model.contracts import Problem, Source, WireModel

JobState = Literal["running", "done", "failed", "retryable", "cancelled", "erased"]
"""`unanswered`: the workflow gave up on something that may pass, so nothing was written to the
outbox. `erased`: a tombstone; all that is known is that there was a job."""


ERASED = "(erased)"
"""The name of an erased recording."""


class StoredModel(WireModel):
    """A document. While a new version is being deployed, the old one reads what the new one
    wrote."""

    model_config = ConfigDict(extra="ignore")


class Job(StoredModel):
    """One generation of one inbox object, as its current run sees it."""

    job_id: str
    source: Source
    run: int
    execution: str
    state: JobState
    created: datetime
    updated: datetime
    expires: datetime
    claimed: datetime | None = None
    """By the current run."""
    chunks: int | None = None
    """Parts to transcribe; null until the recording is cut."""
    spans: int | None = None
    """Parts to diarize."""
    problem: Problem | None = None
    results: dict[str, str] = {}
    """Format -> URI in the outbox."""
    requested_run: int = 1
    """The run that somebody last asked for, by an upload or a redrive. Those after it were started
    by reconcile."""
    options: dict[str, JsonValue] = {}
    """Those of the redrive, for the runs that follow it."""
    ended: datetime | None = None
    """When the run was settled."""
    notification: Literal["due", "made"] | None = None
    """Of how the run ended. `due` from the write that settles it until the event is published; null
    when nobody is to be told."""


class StageRecord(StoredModel):
    """One question asked of a stage: its lease, its attempts, its progress."""

    task: str
    stage: str
    part: int
    state: Literal["running", "done", "failed"]
    attempts: int
    owner: str
    lease_until: datetime
    started: datetime
    updated: datetime
    expires: datetime
    seconds: float | None = None
    reused: bool = False
