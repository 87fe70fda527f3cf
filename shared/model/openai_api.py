"""Bodies of OpenAI's transcription API, as far as Dropscribe speaks it.

Times are in seconds from the start of the recording. A field that is null is left out where the
API's own readers accept no null.
"""

from typing import Annotated, Literal

from pydantic import Field

from shared.model.contracts import Seconds, WireModel

Finite = Annotated[float, Field(allow_inf_nan=False)]


class Usage(WireModel):
    """What a request would be charged by."""

    type: Literal["duration"] = "duration"
    seconds: Seconds
    """Of the recording."""


class PlainTranscription(WireModel):
    """Body of `response_format=json`."""

    text: str
    usage: Usage


class VerboseWord(WireModel):
    word: str
    start: Seconds
    end: Seconds


class VerboseSegment(WireModel):
    """A segment of `verbose_json`. Numbers that are not known are 0."""

    id: int
    seek: int
    """Start of the segment in hundredths of a second."""
    start: Seconds
    end: Seconds
    text: str
    """With a space before it, in a language that has spaces between words."""
    tokens: tuple[int, ...] = ()
    """Always empty: the tokens are those of another text where words were corrected."""
    temperature: Finite
    avg_logprob: Finite
    compression_ratio: Finite
    no_speech_prob: Finite


class VerboseTranscription(WireModel):
    """Body of `response_format=verbose_json`."""

    task: Literal["transcribe", "translate"]
    language: str
    """Name in English, such as "english", or "unknown"."""
    duration: Seconds
    text: str
    segments: tuple[VerboseSegment, ...] | None = None
    words: tuple[VerboseWord, ...] | None = None
    usage: Usage


class DiarizedSegment(WireModel):
    """A segment with its speaker. It is also an event of a stream."""

    type: Literal["transcript.text.segment"] = "transcript.text.segment"
    id: str
    start: Seconds
    end: Seconds
    text: str
    speaker: str
    """A, B, ... in order of the first turns; empty if it is not known."""


class DiarizedTranscription(WireModel):
    """Body of `response_format=diarized_json`."""

    task: Literal["transcribe", "translate"]
    duration: Seconds
    text: str
    segments: tuple[DiarizedSegment, ...]
    usage: Usage


class TextDelta(WireModel):
    """An event of a stream: text that follows that of the events before."""

    type: Literal["transcript.text.delta"] = "transcript.text.delta"
    delta: str


class TextDone(WireModel):
    """The last event of a stream: the whole text."""

    type: Literal["transcript.text.done"] = "transcript.text.done"
    text: str


class ErrorDetails(WireModel):
    """Why a request failed."""

    message: str
    type: Literal["invalid_request_error", "rate_limit_error", "server_error"]
    param: str | None = None
    """The field that is wrong, if it is one."""
    code: str | None = None
    """The problem's type without its beginning, such as not_audio."""


class ErrorBody(WireModel):
    """Body of every error, and an event of a stream that cannot go on."""

    error: ErrorDetails


class ListedModel(WireModel):
    id: str
    object: Literal["model"] = "model"
    created: int = 0
    """Not known."""
    owned_by: str = "dropscribe"


class ModelList(WireModel):
    object: Literal["list"] = "list"
    data: tuple[ListedModel, ...]
