"""What the stages hand each other about a recording: manifest, detection, heard, aligned,
diarization.

Times are seconds. A manifest's times are of the whole recording; those of `Heard`, `Aligned` and
`Diarization` count from the start of their own chunk or span, so that an answer depends on nothing
but the sound it is about.
"""

from typing import Literal

from pydantic import Field

from shared.model.contracts import Engine, Seconds, WireModel

SAMPLE_RATE = 16_000
"""Hz. The work audio is mono signed 16-bit PCM in WAV at this rate."""


class Interval(WireModel):
    """A half-open stretch of time."""

    start: Seconds
    end: Seconds


class StageWarning(WireModel):
    """Something a reader of the transcript should know, though it is no error."""

    code: str
    stage: str
    message: str
    span: Interval | None = None


class Media(WireModel):
    """What the uploaded file is. `duration` is measured by decoding, not read from a header."""

    container: str
    codec: str
    duration: Seconds
    sample_rate: int
    channels: int
    bytes: int


class Chunk(WireModel):
    """A stretch to transcribe. Chunks cover the recording, or each channel of it, without a gap."""

    start: Seconds
    end: Seconds
    channel: int | None = None
    """Which of the recording's channels is heard in it, from 0. Null: all of them, mixed."""
    speech: tuple[Interval, ...]
    """Where someone speaks, in recording time, within the chunk."""


class ProbeWindow(WireModel):
    """A stretch of speech copied into the probe, for telling the language."""

    start: Seconds
    end: Seconds
    offset: Seconds
    """Where it begins in the probe's audio."""


class Manifest(WireModel):
    """What prepare found. The n-th chunk's audio is the n-th of prepare's `chunks`; spans likewise.

    Chunks stand in the order in which they were complete: those of one channel in order of time,
    and all channels going on together, so that work on the list makes even progress. Where channels
    are heard each for itself there are no spans.
    """

    media: Media
    chunks: tuple[Chunk, ...]
    spans: tuple[Interval, ...]
    """Stretches to diarize, each a run of whole chunks."""
    probe: tuple[ProbeWindow, ...]
    """Empty when nobody speaks."""
    engine: Engine
    """What found the speech."""
    warnings: tuple[StageWarning, ...] = ()


class LanguageGuess(WireModel):
    """The language of one window."""

    start: Seconds
    end: Seconds
    code: str
    confidence: float


class Detection(WireModel):
    """The language of a recording: a vote over windows, each weighed by its probability and its
    speech.

    Null without speech.
    """

    code: str | None
    confidence: float | None
    """Its lead over the second language, from 0 to 1, less where little is said."""
    windows: tuple[LanguageGuess, ...]
    engine: Engine


class RecognizedWord(WireModel):
    """A word as the recogniser heard it; times from its cross-attention."""

    word: str
    start: Seconds
    end: Seconds
    probability: float = Field(ge=0, le=1)


QualityFlag = Literal["repetitive", "improbable", "no_speech", "too_fast", "prompt"]
"""Why a decoded stretch may never have been said: it goes round in circles; the recogniser thought
its own words improbable, or that nobody speaks; nobody talks that fast; or it is the prompt's text
and not the recording's."""


class RecognizedSegment(WireModel):
    """What the recogniser decoded in one go, at most 30 s."""

    start: Seconds
    end: Seconds
    language: str | None
    """Of the text: a translation is English."""
    text: str
    avg_logprob: float | None
    compression_ratio: float | None
    no_speech_prob: float | None
    temperature: float | None
    """Of the decoding that was kept: above 0 when the likeliest words were not to be trusted."""
    quality_flags: tuple[QualityFlag, ...] = ()
    """What is still wrong with the best decoding there was."""
    words: tuple[RecognizedWord, ...]
    """The words of `text` in order: joined by spaces they are the text, in languages that write
    spaces."""


class Recognition(WireModel):
    """transcribe's output for one chunk."""

    segments: tuple[RecognizedSegment, ...]
    engine: Engine
    warnings: tuple[StageWarning, ...] = ()


Timing = Literal["aligned", "interpolated", "asr", "clamped"]
"""How a word got its times: by the aligner, between aligned neighbours, from the recogniser, or cut
to fit."""


class AlignedWord(WireModel):
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


class AlignedSegment(WireModel):
    """A sentence or a decoded stretch, whatever the aligner splits into."""

    start: Seconds
    end: Seconds
    language: str | None
    text: str
    avg_logprob: float | None
    compression_ratio: float | None
    no_speech_prob: float | None
    temperature: float | None
    quality_flags: tuple[QualityFlag, ...] = ()


class Aligned(WireModel):
    """align's output for one chunk. Words are in order of time and each is inside its chunk."""

    segments: tuple[AlignedSegment, ...]
    words: tuple[AlignedWord, ...]
    asr: Engine
    """The recogniser that heard the words."""
    engines: tuple[Engine, ...]
    """What placed them: a model for each language. Empty when the recogniser's own times stand."""
    warnings: tuple[StageWarning, ...] = ()


class Turn(WireModel):
    start: Seconds
    end: Seconds
    speaker: str


class Diarization(WireModel):
    """diarize's output for one span. Speakers are named within the span only; finalize links
    them."""

    turns: tuple[Turn, ...]
    """Exclusive: at most one speaker at a time, made for giving words a speaker."""
    overlapping: tuple[Turn, ...]
    """As heard: two may speak at once."""
    embeddings: dict[str, tuple[float, ...]]
    """Each speaker's voice, for linking across spans. Biometric: kept in work only."""
    engine: Engine
    warnings: tuple[StageWarning, ...] = ()
