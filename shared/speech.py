"""What the stages hand each other about a recording: manifest, detection, heard, aligned, diarization.

Times are seconds. A manifest's times are of the whole recording; those of `Heard`, `Aligned` and `Diarization` count
from the start of their own chunk or span, so that an answer depends on nothing but the sound it is about.
"""

from typing import Literal

from pydantic import Field

from shared.contracts import Engine, Seconds, Wire

SAMPLE_RATE = 16_000
"""Hz. The work audio is mono signed 16-bit PCM in WAV at this rate."""


class Region(Wire):
    """A half-open stretch of time."""

    start: Seconds
    end: Seconds


class Warning(Wire):
    """Something a reader of the transcript should know, though it is no error."""

    code: str
    stage: str
    message: str
    span: Region | None = None


class Media(Wire):
    """What the uploaded file is. `duration` is measured by decoding, not read from a header."""

    container: str
    codec: str
    duration: Seconds
    sample_rate: int
    channels: int
    bytes: int


class Chunk(Wire):
    """A stretch to transcribe. Chunks follow each other without a gap and cover the recording."""

    start: Seconds
    end: Seconds
    speech: tuple[Region, ...]
    """Where someone speaks, in recording time, within the chunk."""


class Window(Wire):
    """A stretch of speech copied into the probe, for telling the language."""

    start: Seconds
    end: Seconds
    offset: Seconds
    """Where it begins in the probe's audio."""


class Manifest(Wire):
    """What prepare found. The n-th chunk's audio is the n-th of prepare's `chunks`; spans likewise."""

    media: Media
    chunks: tuple[Chunk, ...]
    spans: tuple[Region, ...]
    """Stretches to diarize, each a run of whole chunks."""
    probe: tuple[Window, ...]
    """Empty when nobody speaks."""
    engine: Engine
    """What found the speech."""
    warnings: tuple[Warning, ...] = ()


class Guess(Wire):
    """The language of one window."""

    start: Seconds
    end: Seconds
    code: str
    confidence: float


class Detection(Wire):
    """The language of a recording: a vote over windows, each weighing its probability; null without speech."""

    code: str | None
    confidence: float | None
    windows: tuple[Guess, ...]
    engine: Engine


class HeardWord(Wire):
    """A word as the recogniser heard it; times from its cross-attention."""

    word: str
    start: Seconds
    end: Seconds
    probability: float = Field(ge=0, le=1)


class HeardSegment(Wire):
    """What the recogniser decoded in one go, at most 30 s."""

    start: Seconds
    end: Seconds
    text: str
    avg_logprob: float | None
    compression_ratio: float | None
    no_speech_prob: float | None
    words: tuple[HeardWord, ...]
    """The words of `text` in order: joined by spaces they are the text, in languages that write spaces."""


class Heard(Wire):
    """transcribe's output for one chunk."""

    language: str | None
    segments: tuple[HeardSegment, ...]
    engine: Engine
    warnings: tuple[Warning, ...] = ()


Timing = Literal["aligned", "interpolated", "asr", "clamped"]
"""How a word got its times: by the aligner, between aligned neighbours, from the recogniser, or cut to fit."""


class AlignedWord(Wire):
    segment: int
    """Index into `segments`."""
    word: str
    start: Seconds
    end: Seconds
    score: float | None
    """The aligner's; null where it did not place the word."""
    confidence: float | None
    """The recogniser's."""
    timing: Timing


class AlignedSegment(Wire):
    """A sentence or a decoded stretch, whatever the aligner splits into."""

    start: Seconds
    end: Seconds
    text: str
    avg_logprob: float | None
    compression_ratio: float | None
    no_speech_prob: float | None


class Aligned(Wire):
    """align's output for one chunk. Words are in order of time and each is inside its chunk."""

    language: str | None
    segments: tuple[AlignedSegment, ...]
    words: tuple[AlignedWord, ...]
    asr: Engine
    """The recogniser that heard the words."""
    engine: Engine
    warnings: tuple[Warning, ...] = ()


class Turn(Wire):
    start: Seconds
    end: Seconds
    speaker: str


class Diarization(Wire):
    """diarize's output for one span. Speakers are named within the span only; finalize links them."""

    turns: tuple[Turn, ...]
    """Exclusive: at most one speaker at a time, made for giving words a speaker."""
    overlapping: tuple[Turn, ...]
    """As heard: two may speak at once."""
    embeddings: dict[str, tuple[float, ...]]
    """Each speaker's voice, for linking across spans. Biometric: kept in work only."""
    engine: Engine
    warnings: tuple[Warning, ...] = ()
