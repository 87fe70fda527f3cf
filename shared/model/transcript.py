"""transcript.json, version 2: the result of a recording.

Every key is always present; a value may be null or empty. Times are in seconds from the start of
the recording. The `id` of a segment or word is its index in its list, from 0; a speaker's is "S1",
"S2", … in order of the first turns, or of the channels. A transcript that people corrected keeps
these ids, so that an id is no index there: use `Transcript.words_of`.
"""

from bisect import bisect_left, bisect_right
from operator import attrgetter
from typing import Annotated, Literal

from pydantic import AwareDatetime, ConfigDict, Field

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
"""not_aligned: some words have the recogniser's times. no_words: the text came without words."""


class JobInfo(WireModel):
    """The recording and the run that the transcript is from."""

    id: str
    source_uri: str
    generation: int
    run: int
    """1 for the upload's event; each repeat of the job has the next number."""
    crc32c: str | None
    """The recording's checksum in base64, as `gcloud storage hash` prints it. Null if the recording
    was deleted or replaced before the transcript was written."""
    sha256: str | None
    """SHA-256 of the recording's bytes in hex, as `sha256sum` prints it. Null only if an earlier
    version of this software read the recording."""


class Language(WireModel):
    """The recording's main language. `windows` are the intervals that it was detected in."""

    code: str | None
    """ISO 639-1 if there is such a code. Null without speech."""
    confidence: Fraction | None
    """Its lead over the second language, less with little speech. Null if it was given."""
    method: Literal["given", "detected", "multi"]
    """multi: each segment has its own language, and `code` is that of most words."""
    windows: tuple[LanguageGuess, ...]


class Segment(WireModel):
    """A sentence, or a segment of the recogniser, split by speaker. The recogniser's metrics are
    those of the segment that it decoded."""

    id: int
    start: Seconds
    end: Seconds
    text: str
    speaker: str | None
    language: str | None
    channel: int | None
    words: tuple[int, int] | None
    """The ids of the first and the last word. Null if the text came without words."""
    avg_logprob: Number | None
    compression_ratio: Number | None
    no_speech_prob: Number | None
    temperature: Number | None
    """Above 0 if the likeliest words were rejected and others were sampled."""
    flags: tuple[SegmentFlag, ...]


class Word(WireModel):
    """A word as written, in the order of the segments. Words of one channel do not overlap."""

    id: int
    word: str
    start: Seconds
    end: Seconds
    score: Number | None
    """The aligner's. Null if the aligner did not time the word."""
    confidence: Fraction | None
    """The recogniser's."""
    timing: Timing
    speaker: str | None
    """Null if there are no turns, and where diarization failed."""
    speaker_confidence: Fraction | None
    """The share of the word that the speaker's turns cover. 1 if the channel decides the speaker;
    low if the word went to the speaker of its sentence in spite of another's turn; 0 if the word is
    outside every turn and went to the nearest one."""
    overlap: bool
    """Whether two speakers talk at once during a part of the word."""
    speakers: tuple[str, ...]
    """Every speaker who talks during a quarter of the word or more, its own speaker first."""
    channel: int | None
    language: str | None


class Speaker(WireModel):
    """A speaker, with the total duration of the turns and the numbers of turns and words."""

    id: str
    label: str
    talk_time: Seconds
    turns: int
    words: int


class Overlap(WireModel):
    """An interval in which the same two or more speakers talk at once."""

    start: Seconds
    end: Seconds
    speakers: tuple[str, ...]


class Suspect(WireModel):
    """Text that the recogniser probably made up. It is not in segments, words and text."""

    start: Seconds
    end: Seconds
    text: str
    language: str | None
    channel: int | None
    reasons: tuple[QualityFlag, ...]


class Gap(Interval):
    """An interval of speech that no word covers."""

    channel: int | None


class Quality(WireModel):
    """The transcript's quality, as far as it can be measured without a reference."""

    coverage: Fraction | None
    """The share of speech that words cover. Null without speech."""
    uncovered: tuple[Gap, ...]
    """All speech between pauses that no word is in, and 0.3 s or more of speech beside a word."""
    suspects: tuple[Suspect, ...]
    words_interpolated: int
    mean_confidence: Fraction | None


class Provenance(WireModel):
    """This software's version, and each stage's libraries, models and devices."""

    dropscribe: str
    stages: dict[str, tuple[Engine, ...]]


class StageTiming(WireModel):
    """One call of a stage."""

    stage: str
    chunk: int
    """Index of the chunk or span, from 0."""
    seconds: Seconds
    attempt: int
    reused: bool
    """Whether an earlier run's cached result was used."""
    rtf: Number | None
    """Real-time factor: seconds of work per second of sound. Null if nothing was computed."""


class Timings(WireModel):
    """When the job was done, and how long it took.

    `uploaded`, `queued` and `wall` are null if the recording was deleted before its answer.
    """

    uploaded: AwareDatetime | None
    """When the upload was complete, by the clock of the storage. Times of day are in UTC, as
    RFC 3339 writes them."""
    answered: AwareDatetime
    """When the transcript was made, just before it was written."""
    queued: Seconds | None
    """From the upload to the start of the first stage."""
    stages: tuple[StageTiming, ...]
    wall: Seconds | None
    """From the upload to the transcript."""


class Cost(WireModel):
    """What the run has cost, by stage and by kind of operation."""

    currency: str
    total: Number
    items: dict[str, Number]
    price_table: str
    """Region and date of the prices."""


class Transcript(WireModel):
    """The transcript of a recording.

    Segments are in order of start, and words in the order of the segments. If each channel was
    transcribed on its own, segments of different channels may overlap.
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
    tags: dict[str, str] = {}
    """The uploader's own metadata, whose names begin with x-. At most 2048 bytes."""
    language: Language
    text: str
    """The whole text without speakers, one line per paragraph."""
    segments: tuple[Segment, ...]
    words: tuple[Word, ...]
    speakers: tuple[Speaker, ...]
    turns: tuple[Turn, ...]
    """In order of start. Turns of two speakers may overlap."""
    overlaps: tuple[Overlap, ...]
    quality: Quality
    warnings: tuple[StageWarning, ...]
    provenance: Provenance
    timings: Timings
    cost: Cost | None
    outputs: dict[str, str]
    """The URI of the transcript in each format: "json", "srt", …"""

    def words_of(self, segment: Segment) -> tuple[Word, ...]:
        """Returns the words of a segment. Of a corrected transcript, it may lack some ids."""
        if segment.words is None:
            return ()
        first_id, last_id = segment.words
        by_id = attrgetter("id")
        first = bisect_left(self.words, first_id, key=by_id)
        end = bisect_right(self.words, last_id, key=by_id)
        return self.words[first:end]
