"""Bodies of the HTTP API about what a deployment did, and does.

All figures come from the job store, so they are the same whichever instance answers.
"""

from pydantic import AwareDatetime

from shared.model.api import ApiState
from shared.model.contracts import FinalState, Seconds, WireModel


class StageMetrics(WireModel):
    """The work of one stage on the recordings that were transcribed in the window."""

    stage: str
    seconds: Seconds
    """Seconds of work, of all its parts together."""
    rtf: float | None
    """Real-time factor: seconds of work for a second of audio. Null without audio."""


class EndedJobs(WireModel):
    """The jobs that ended in a window of time that ends now."""

    since: AwareDatetime
    is_complete: bool
    """False: more jobs ended than are read for one answer, and these are the last of them."""
    states: dict[FinalState, int]
    """How many ended in each way."""
    failures: dict[str, int]
    """How many failed for each type of problem, such as urn:dropscribe:problem:not-audio."""
    audio_seconds: Seconds
    """Seconds of audio that were transcribed."""
    stages: tuple[StageMetrics, ...]
    """In the order in which a recording passes them."""
    cost_usd: float | None
    """What the transcripts cost, in USD. Null where the deployment computes no costs."""


class Metrics(WireModel):
    """What the deployment does, and did in a window of time."""

    time: AwareDatetime
    """When the jobs were read. An answer may be a minute old."""
    folder: str
    """The folder whose jobs these are: that of the key. Empty: the whole inbox."""
    jobs: dict[ApiState, int]
    """How many jobs are in each state now."""
    oldest_queued_seconds: Seconds
    """Seconds that the first of the queued jobs has waited. 0 if there is none."""
    ended: EndedJobs
