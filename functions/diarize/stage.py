"""The stage diarize: finds who speaks when in a span, and each voice's embedding."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

from pydantic import Field, model_validator

from shared.model.artifacts import Diarization, Interval, Manifest, StageWarning, Turn
from shared.model.contracts import Engine, Params
from shared.model.errors import BadRequest
from shared.model.warnings import uncertain_speaker_count
from shared.runtime.spans import trace_span
from shared.runtime.stage import SingleOutput, StageInput

VERSION = "5"
"""Increase it whenever the same request would get a different result."""

UNLINKABLE = "A speaker talks too little here to be recognised in other parts of the recording."


class DiarizeParams(Params):
    """How many speakers the whole recording has, if that is known."""

    speakers: int | None = Field(default=None, ge=1)
    """The exact number. It overrides the other two."""
    min_speakers: int | None = Field(default=None, ge=1)
    max_speakers: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def ordered(self) -> Self:
        if self.min_speakers is None or self.max_speakers is None:
            return self
        if self.min_speakers > self.max_speakers:
            raise ValueError("min_speakers is above max_speakers")
        return self


@dataclass(frozen=True)
class SpeakerBounds:
    """How many speakers the diarizer may find."""

    minimum: int = 1
    maximum: int | None = None
    """None: no limit."""


@dataclass(frozen=True)
class RawDiarization:
    """What a diarizer returns; times are seconds from the start of its audio."""

    exclusive: Sequence[Turn]
    """One speaker at a time."""
    overlapping: Sequence[Turn]
    embeddings: Mapping[str, Sequence[float]]
    """By speaker, of any length; missing, NaN or zero for a speaker who talks too little."""
    second_count: int | None = None
    """The number of speakers that is nearly as likely; None if the number is certain."""


class Diarizer(Protocol):
    """Diarizes a WAV file of 16 kHz mono."""

    @property
    def engine(self) -> Engine: ...

    def __call__(self, audio: Path, bounds: SpeakerBounds) -> RawDiarization: ...


def diarize(task: StageInput[DiarizeParams], diarizer: Diarizer) -> Iterator[SingleOutput]:
    """Yields `diarization` of one span. The diarizer is not called if the span has no speech."""
    manifest = read_manifest(task)
    span = span_of(manifest, task.params.part)
    duration = span.end - span.start
    is_only_span = len(manifest.spans) == 1

    raw = RawDiarization(exclusive=[], overlapping=[], embeddings={})
    if has_speech(manifest, span):
        bounds = speaker_bounds(task.params, is_only_span)
        with trace_span("model diarize"):
            raw = diarizer(task.files["audio"], bounds)

    diarization = to_diarization(raw, duration, diarizer.engine)
    # The number of speakers in one of several spans is no number of the recording.
    warnings = uncertain_count(raw) if is_only_span else unlinkable_speakers(diarization)
    with_warnings = diarization.model_copy(update={"warnings": tuple(warnings)})
    yield SingleOutput("diarization", with_warnings)


def read_manifest(task: StageInput[DiarizeParams]) -> Manifest:
    """Returns the manifest among the request's inputs."""
    path = task.files["manifest"]
    content = path.read_bytes()
    return Manifest.model_validate_json(content)


def span_of(manifest: Manifest, part: int) -> Interval:
    """Returns the span that this call works on. Raises BadRequest."""
    spans = manifest.spans
    count = len(spans)
    if part >= count:
        raise BadRequest(f"part {part}: the recording has {count} spans")
    return spans[part]


def has_speech(manifest: Manifest, span: Interval) -> bool:
    """Returns whether any of the manifest's speech lies in the span."""
    for chunk in manifest.chunks:
        for speech in chunk.speech:
            if speech.start < span.end and span.start < speech.end:
                return True
    return False


def speaker_bounds(params: DiarizeParams, is_only_span: bool) -> SpeakerBounds:
    """Returns the recording's bounds; one of several spans may have fewer speakers, never more."""
    maximum = params.speakers or params.max_speakers
    minimum = params.speakers or params.min_speakers or 1
    if not is_only_span:
        minimum = 1
    return SpeakerBounds(minimum, maximum)


def to_diarization(raw: RawDiarization, duration: float, engine: Engine) -> Diarization:
    """Returns the turns inside the span and the usable embeddings, normalized."""
    embeddings = {}
    for speaker, vector in raw.embeddings.items():
        embedding = unit_vector(vector)
        if embedding is not None:
            embeddings[speaker] = embedding

    return Diarization(
        turns=trim_turns(raw.exclusive, duration),
        overlapping=trim_turns(raw.overlapping, duration),
        embeddings=embeddings,
        engine=engine,
    )


def unit_vector(vector: Sequence[float]) -> tuple[float, ...] | None:
    """Returns the vector scaled to length 1, so that dot products are cosine similarities.

    Returns None for a vector with NaN, or of length 0.
    """
    length = math.hypot(*vector)
    if length == 0:
        return None
    if not math.isfinite(length):
        return None
    return tuple(value / length for value in vector)


def trim_turns(turns: Sequence[Turn], duration: float) -> tuple[Turn, ...]:
    """Returns the turns by time and inside [0, duration]: a model's last window may extend beyond
    the audio."""
    trimmed = []
    for turn in turns:
        start = max(turn.start, 0.0)
        end = min(turn.end, duration)
        if start < end:
            trimmed_turn = Turn(start=start, end=end, speaker=turn.speaker)
            trimmed.append(trimmed_turn)

    trimmed.sort(key=lambda turn: (turn.start, turn.end))
    return tuple(trimmed)


def uncertain_count(raw: RawDiarization) -> Iterator[StageWarning]:
    """Yields a warning if another number of speakers is nearly as likely."""
    if raw.second_count is None:
        return
    speakers = {turn.speaker for turn in raw.overlapping}
    found = len(speakers)
    yield uncertain_speaker_count("diarize", found, raw.second_count)


def unlinkable_speakers(diarization: Diarization) -> Iterator[StageWarning]:
    """Yields a warning for each speaker without an embedding.

    finalize cannot link such a speaker to those of other spans.
    """
    turns = [*diarization.turns, *diarization.overlapping]
    speakers = {turn.speaker for turn in turns}
    without_embedding = speakers - diarization.embeddings.keys()

    for speaker in sorted(without_embedding):
        own_turns = [turn for turn in turns if turn.speaker == speaker]
        interval = extent_of(own_turns)
        yield StageWarning(
            code="voice_unknown",
            stage="diarize",
            message=UNLINKABLE,
            span=interval,
        )


def extent_of(turns: Sequence[Turn]) -> Interval:
    """Returns the interval from the first start of the turns to their last end."""
    starts = [turn.start for turn in turns]
    ends = [turn.end for turn in turns]
    return Interval(start=min(starts), end=max(ends))
