"""From a span's audio and the manifest to its speakers: what to ask of the diarizer, and what to
make of its answer."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self

from pydantic import Field, model_validator

from shared.model.artifacts import Diarization, Interval, Manifest, StageWarning, Turn
from shared.model.contracts import Engine, Params
from shared.model.errors import BadRequest
from shared.runtime.stage import SingleOutput, StageInput

VERSION = "3"


class DiarizeParams(Params):
    """How many people speak in the whole recording, as far as someone knows."""

    speakers: int | None = Field(default=None, ge=1)
    """Exactly so many. The other two have no say then."""
    min_speakers: int | None = Field(default=None, ge=1)
    max_speakers: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def ordered(self) -> Self:
        if self.min_speakers and self.max_speakers and self.min_speakers > self.max_speakers:
            raise ValueError("min_speakers is above max_speakers")
        return self


@dataclass(frozen=True)
class Bounds:
    """How many speakers to look for. `most` is None without a limit."""

    fewest: int = 1
    most: int | None = None


@dataclass(frozen=True)
class Voices:
    """What a diarizer heard, in seconds from the start of the audio."""

    exclusive: Sequence[Turn]
    overlapping: Sequence[Turn]
    embeddings: Mapping[str, Sequence[float]]
    """Of any length, and not of every speaker: too little speech says nothing of a voice."""


class Diarizer(Protocol):
    """Tells voices apart in a WAV file of 16 kHz mono."""

    @property
    def engine(self) -> Engine: ...

    def __call__(self, audio: Path, bounds: Bounds) -> Voices: ...


def diarize(task: StageInput[DiarizeParams], diarizer: Diarizer) -> Iterator[SingleOutput]:
    """The speakers of one span. The diarizer is asked only when someone speaks in it."""
    manifest = Manifest.model_validate_json(task.files["manifest"].read_bytes())
    span = part_of(manifest, task.params.part)
    if not speech_in(manifest, span):
        yield SingleOutput(
            "diarization",
            Diarization(turns=(), overlapping=(), embeddings={}, engine=diarizer.engine),
        )
        return
    voices = diarizer(task.files["audio"], bounds_for(task.params, len(manifest.spans)))
    made = diarization(voices, span.end - span.start, diarizer.engine)
    unknown = tuple(warned(made)) if len(manifest.spans) > 1 else ()
    yield SingleOutput("diarization", made.model_copy(update={"warnings": unknown}))


def part_of(manifest: Manifest, part: int) -> Interval:
    if part >= len(manifest.spans):
        raise BadRequest(f"part {part}: the recording has {len(manifest.spans)} spans")
    return manifest.spans[part]


def speech_in(manifest: Manifest, span: Interval) -> bool:
    regions = (region for chunk in manifest.chunks for region in chunk.speech)
    return any(region.start < span.end and span.start < region.end for region in regions)


def bounds_for(params: DiarizeParams, spans: int) -> Bounds:
    """The recording's bounds. Of several spans each may hold fewer of its speakers, but none
    more."""
    fewest = params.speakers or params.min_speakers or 1
    most = params.speakers or params.max_speakers
    return Bounds(fewest if spans == 1 else 1, most)


def diarization(voices: Voices, duration: float, engine: Engine) -> Diarization:
    return Diarization(
        turns=tidy(voices.exclusive, duration),
        overlapping=tidy(voices.overlapping, duration),
        embeddings={
            speaker: unit(voice) for speaker, voice in voices.embeddings.items() if usable(voice)
        },
        engine=engine,
    )


def warned(made: Diarization) -> Iterator[StageWarning]:
    """Yields a warning for each speaker without a voice, whom finalize cannot link to those of
    other spans."""
    turns = (*made.turns, *made.overlapping)
    for speaker in sorted({turn.speaker for turn in turns} - made.embeddings.keys()):
        own = [turn for turn in turns if turn.speaker == speaker]
        extent = Interval(start=min(turn.start for turn in own), end=max(turn.end for turn in own))
        yield StageWarning(
            code="voice_unknown",
            stage="diarize",
            message="A speaker talks too little here to be recognised in other parts of the recording.",
            span=extent,
        )


def tidy(turns: Sequence[Turn], duration: float) -> tuple[Turn, ...]:
    """The turns in order of time and inside the span: a model's last window reaches past the end of
    the audio."""
    inside = (
        turn.model_copy(update={"start": max(turn.start, 0.0), "end": min(turn.end, duration)})
        for turn in turns
    )
    return tuple(
        sorted(
            (turn for turn in inside if turn.end > turn.start),
            key=lambda turn: (turn.start, turn.end),
        )
    )


def usable(voice: Sequence[float]) -> bool:
    length = math.hypot(*voice)
    return math.isfinite(length) and length > 0


def unit(voice: Sequence[float]) -> tuple[float, ...]:
    """Scaled to length 1, so that the product of two is their cosine similarity."""
    length = math.hypot(*voice)
    return tuple(value / length for value in voice)
