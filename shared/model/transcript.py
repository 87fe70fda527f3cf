"""transcript.json, version 2: what a person gets back for a recording.

Every key is always present: null or empty, never absent. Times are seconds of the recording. A
segment's and a word's `id` is its index in its list, from 0; a speaker's is "S1", "S2", … in order
of first appearance, or of the channels.
"""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from shared.model.artifacts import (
    Interval,
    LanguageGuess,
    Media,
    QualityFlag,
    StageWarning,
    Timing,
    Turn,
)
from shared.model.contracts import Engine, ResolvedOption, Seconds, WireModel

Fraction = Annotated[float, Field(ge=0, le=1)]
Number = Annotated[float, Field(allow_inf_nan=False)]

SegmentFlag = Literal["not_aligned", "no_words"]
"""What to know about a segment: its words keep the recogniser's times; its text came without
words."""


class JobInfo(WireModel):
    """Which recording this is the answer for."""

    id: str
    source_uri: str
    generation: int
    run: int
    """1 for the upload's own event; higher when it was asked for again."""
    crc32c: str | None
    """The recording's checksum as Cloud Storage has it, in base64: what `gcloud storage hash`
    prints of the file. Null when the recording was deleted or replaced before its answer was
    written."""


class Language(WireModel):
    """The recording's main language. A window's times are those of the stretch that was listened
    to."""

    code: str | None
    """ISO 639-1 where there is one. Null when nobody speaks."""
    confidence: Fraction | None
    """Its lead over the second language, less where little is said. Null when the language was
    given."""
    method: Literal["given", "detected", "multi"]
    """multi: each segment has its own, and `code` is that of most words."""
    windows: tuple[LanguageGuess, ...]


class Segment(WireModel):
    """A sentence, or what the recogniser decoded in one go, of one speaker. Metrics are those of
    the whole decode."""

    id: int
    start: Seconds
    end: Seconds
    text: str
    speaker: str | None
    language: str | None
    channel: int | None
    words: tuple[int, int] | None
    """The ids of its first and its last word. Null when the text came without words."""
    avg_logprob: Number | None
    compression_ratio: Number | None
    no_speech_prob: Number | None
    temperature: Number | None
    """Above 0 when the likeliest words were not to be trusted, and others were found."""
    flags: tuple[SegmentFlag, ...]


class Word(WireModel):
    """A word as written. Words stand as their segments do; in a channel, none starts before the one
    before it ends."""

    id: int
    word: str
    start: Seconds
    end: Seconds
    score: Number | None
    """The aligner's. Null where it did not place the word."""
    confidence: Fraction | None
    """The recogniser's."""
    timing: Timing
    speaker: str | None
    """Null only when no turns are known."""
    speaker_confidence: Fraction | None
    """The share of the word that the speaker's turns cover: 1 when the channel tells the speaker;
    low when the sentence gave the word to another than the one who had the floor; 0 when the
    nearest turn did."""
    overlap: bool
    """Two speak at once somewhere in the word."""
    speakers: tuple[str, ...]
    """Everyone who speaks during a quarter of the word or more, its own speaker first."""
    channel: int | None
    language: str | None


class Speaker(WireModel):
    id: str
    label: str
    talk_time: Seconds
    turns: int
    words: int


class Overlap(WireModel):
    """A stretch where the same two or more speak at once."""

    start: Seconds
    end: Seconds
    speakers: tuple[str, ...]


class Suspect(WireModel):
    """What the recogniser wrote and probably nobody said. It stands here, and not among segments,
    words and text."""

    start: Seconds
    end: Seconds
    text: str
    language: str | None
    channel: int | None
    reasons: tuple[QualityFlag, ...]


class Gap(Interval):
    """Speech without a word."""

    channel: int | None


class Quality(WireModel):
    """What can be known about the answer without a reference."""

    coverage: Fraction | None
    """The share of speech that words cover. Null when nobody speaks."""
    uncovered: tuple[Gap, ...]
    """Those of a second or more."""
    suspects: tuple[Suspect, ...]
    words_interpolated: int
    mean_confidence: Fraction | None


class Provenance(WireModel):
    """What made the answer: this software's version, and every library, model and device that took
    part, by stage."""

    dropscribe: str
    stages: dict[str, tuple[Engine, ...]]


class StageTiming(WireModel):
    """One call of a stage."""

    stage: str
    chunk: int
    """Which chunk or span of the recording, from 0."""
    seconds: Seconds
    attempt: int
    reused: bool
    """An answer of an earlier run was taken."""
    rtf: Number | None
    """Seconds of work for each second of sound. Null when nothing was worked out."""


class Timings(WireModel):
    queued: Seconds | None
    """From the upload to the first stage's start."""
    stages: tuple[StageTiming, ...]
    wall: Seconds | None
    """From the upload to the answer."""


class Cost(WireModel):
    currency: str
    total: Number
    items: dict[str, Number]
    price_table: str
    """Which prices were taken."""


class Transcript(WireModel):
    """The answer.

    Segments are in order of start, and the words of each stand together. Where each channel was
    transcribed for itself, a segment may begin before the one before it, of another channel, ends.
    Times are those of the recording.
    """

    model_config = ConfigDict(
        serialize_by_alias=True, validate_by_alias=True, validate_by_name=True
    )

    schema_: Literal["dropscribe/transcript"] = Field(
        default="dropscribe/transcript", alias="schema"
    )
    schema_version: Literal[2] = 2
    job: JobInfo
    media: Media
    options: dict[str, ResolvedOption]
    language: Language
    text: str
    """All that was said: a line a paragraph, without speakers."""
    segments: tuple[Segment, ...]
    words: tuple[Word, ...]
    speakers: tuple[Speaker, ...]
    turns: tuple[Turn, ...]
    """As heard: two may speak at once."""
    overlaps: tuple[Overlap, ...]
    quality: Quality
    warnings: tuple[StageWarning, ...]
    provenance: Provenance
    timings: Timings
    cost: Cost | None
    outputs: dict[str, str]
    """The URI of each form of the answer, by its kind: "srt", "vtt", …"""
