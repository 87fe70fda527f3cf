"""Bodies of a job's live events, which the gateway sends while the job is worked on.

Their times of speech are in seconds from the start of the recording.
"""

from shared.model.api import ApiState, Progress
from shared.model.contracts import Seconds, WireModel


class JobProgress(WireModel):
    """Body of `job.progress`: how far a job is."""

    run: int
    """Number of the current run. A later run begins with none of its segments sent."""
    state: ApiState
    progress: Progress


class LiveWord(WireModel):
    """A word of a part that is transcribed. Its speaker is not known yet."""

    word: str
    start: Seconds
    end: Seconds
    confidence: float | None
    """The recogniser's probability of the word."""


class LiveSegment(WireModel):
    """A sentence of a part that is transcribed."""

    start: Seconds
    end: Seconds
    language: str | None
    text: str
    words: tuple[LiveWord, ...]


class PartWords(WireModel):
    """Body of `job.segment`: what is said in one part of the recording, which is transcribed before
    the others. Parts come in the order in which they are done."""

    run: int
    part: int
    """Index of the part, from 0."""
    channel: int | None
    """Channel of the recording, from 0; null where all are transcribed together."""
    start: Seconds
    """Where the part starts in the recording."""
    end: Seconds
    is_aligned: bool = True
    """False: the alignment of this part failed, and the times of its words are the recogniser's, as
    in the transcript."""
    segments: tuple[LiveSegment, ...]
    """Without those that were probably never said. Empty if nothing is."""
