"""The results that the stages pass on: Manifest, Detection, Recognition, Aligned and Diarization.

Times are in seconds. A manifest's times count from the start of the recording. Those of a
Recognition, an Aligned and a Diarization count from the start of their own chunk or span, so that
the result depends on nothing but that sound.
"""

from typing import Literal

from pydantic import Field

from shared.model.contracts import Engine, Seconds, WireModel
from shared.model.spacing import split_at_words, word_separator

SAMPLE_RATE = 16_000
"""Rate of the work audio in Hz: WAV files of mono signed 16-bit PCM."""


class Interval(WireModel):
    """A half-open interval of time."""

    start: Seconds
    end: Seconds


class StageWarning(WireModel):
    """A finding that limits the transcript but is no error."""

    code: str
    stage: str
    message: str
    span: Interval | None = None


class Media(WireModel):
    """Properties of the uploaded file. `duration` is that of the decoded audio, not a header's."""

    container: str
    codec: str
    duration: Seconds
    sample_rate: int
    channels: int
    bytes: int


class Chunk(WireModel):
    """An interval to transcribe. Chunks cover the recording, or each channel, without a gap."""

    start: Seconds
    end: Seconds
    channel: int | None = None
    """Its channel of the recording, from 0. Null: all channels, mixed."""
    speech: tuple[Interval, ...]
    """Intervals of speech inside the chunk, in recording time."""


class ProbeWindow(WireModel):
    """An interval of speech that is copied into the probe, for detecting the language."""

    start: Seconds
    end: Seconds
    offset: Seconds
    """Its start in the probe's audio."""


class Manifest(WireModel):
    """prepare's result. The audio of the n-th chunk is the n-th output `chunks`; spans likewise.

    Chunks are in the order in which they were complete: those of one channel in order of time, the
    channels interleaved, so that work on the list progresses evenly. There are no spans where
    channels are transcribed separately.
    """

    media: Media
    chunks: tuple[Chunk, ...]
    spans: tuple[Interval, ...]
    """Intervals to diarize, each of whole consecutive chunks."""
    probe: tuple[ProbeWindow, ...]
    """Empty without speech."""
    engine: Engine
    """The detector of speech."""
    sha256: str | None = None
    """SHA-256 of the recording's bytes in hex. Null in results of earlier versions."""
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
    """The lead of the vote's first language over its second, from 0 to 1, less where little is
    said. Below 0.5 `code` may be the second, if the text in it is clearly more probable."""
    probabilities: dict[str, float] = {}
    """The mean probabilities of the vote's likeliest languages, at most three."""
    windows: tuple[LanguageGuess, ...]
    engine: Engine
    warnings: tuple[StageWarning, ...] = ()


class RecognizedWord(WireModel):
    """A word from the recogniser, with times from its cross-attention."""

    word: str
    start: Seconds
    end: Seconds
    probability: float = Field(ge=0, le=1)


QualityFlag = Literal["repetitive", "improbable", "no_speech", "too_fast", "prompt"]
"""Why a decoded segment may not have been spoken: its text repeats itself; its tokens are
improbable; the recogniser saw no speech; it is faster than speech; or it repeats the prompt."""


class RecognizedSegment(WireModel):
    """A segment that was decoded at once, of at most 30 s."""

    start: Seconds
    end: Seconds
    language: str | None
    """Language of the text: English where it is a translation."""
    text: str
    avg_logprob: float | None
    compression_ratio: float | None
    no_speech_prob: float | None
    temperature: float | None
    """Sampling temperature of the decoding that was kept: above 0 after a fallback."""
    quality_flags: tuple[QualityFlag, ...] = ()
    """Flags of the best decoding."""
    words: tuple[RecognizedWord, ...]
    """The words of `text` in order, with a space between all of them, or between some in languages
    that are written without spaces between words."""

    def pieces(self) -> list[str]:
        """Returns the words with the spaces that follow them in the text."""
        words = [word.word for word in self.words]
        separator = word_separator(self.language)
        return split_at_words(self.text, words, separator)


class Recognition(WireModel):
    """transcribe's result for one chunk."""

    segments: tuple[RecognizedSegment, ...]
    engine: Engine
    warnings: tuple[StageWarning, ...] = ()


Timing = Literal["aligned", "interpolated", "asr", "clamped"]
"""Origin of a word's times: the aligner, interpolation between aligned neighbours, the recogniser,
or clamping to neighbours and chunk."""


class AlignedWord(WireModel):
    """A word with its final times."""

    segment: int
    """Index into `segments`."""
    word: str
    start: Seconds
    end: Seconds
    score: float | None
    """The aligner's score. Null where it did not align the word."""
    confidence: float | None
    """The recogniser's probability."""
    timing: Timing


class AlignedSegment(WireModel):
    """A sentence, with the metrics of the segment that it was decoded in."""

    start: Seconds
    end: Seconds
    language: str | None
    text: str
    avg_logprob: float | None
    compression_ratio: float | None
    no_speech_prob: float | None
    temperature: float | None
    quality_flags: tuple[QualityFlag, ...] = ()

    @property
    def is_suspect(self) -> bool:
        """Returns whether the recogniser probably wrote what was never said."""
        return bool(self.quality_flags)


class Aligned(WireModel):
    """align's result for one chunk. Words are in order of time and inside the chunk."""

    segments: tuple[AlignedSegment, ...]
    words: tuple[AlignedWord, ...]
    asr: Engine
    """The recogniser of the words."""
    engines: tuple[Engine, ...]
    """The aligners, one per language. Empty where the recogniser's times are kept."""
    warnings: tuple[StageWarning, ...] = ()


class Turn(WireModel):
    """An interval in which one speaker talks."""

    start: Seconds
    end: Seconds
    speaker: str


class Diarization(WireModel):
    """diarize's result for one span, in which its speaker names are unique."""

    turns: tuple[Turn, ...]
    """Exclusive turns, one speaker at a time, from which words get their speaker."""
    overlapping: tuple[Turn, ...]
    """All turns; several speakers may talk at once."""
    embeddings: dict[str, tuple[float, ...]]
    """Voice embedding of each speaker, for linking spans. Biometric: in the work bucket only."""
    engine: Engine
    warnings: tuple[StageWarning, ...] = ()
