"""Align the words of each segment in its own language. If that fails, a segment keeps the
recogniser's times."""

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import ParamSpec, Protocol, TypeVar

from functions.align.chunk_audio import ChunkAudio
from shared.model.artifacts import Interval, RecognizedSegment, StageWarning, Timing
from shared.model.contracts import Engine
from shared.runtime.spans import trace_span

log = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

FRAME = 0.02
"""Seconds. The time resolution of the acoustic models, and the shortest word."""


@dataclass(frozen=True)
class WordTiming:
    """When a word is spoken, in seconds from the start of the chunk."""

    start: float
    end: float
    score: float | None
    """How well the word fits the audio, from 0 to 1. None: the aligner did not place it."""
    origin: Timing
    """How the times were found. A word whose end was moved to where its sound stops is still
    `aligned`."""


class SegmentAligner(Protocol):
    """Forced alignment in one language."""

    @property
    def engine(self) -> Engine: ...

    def align(self, segment: RecognizedSegment, audio: ChunkAudio) -> Sequence[WordTiming] | None:
        """Returns each word's timing, or None if the words do not fit the audio."""


class Aligner(Protocol):
    """Chooses the acoustic model of a language."""

    @property
    def engine(self) -> Engine:
        """The configured engine, which the cached result depends on."""

    def for_language(self, language: str) -> SegmentAligner | None:
        """Returns the aligner for a language, or None. The previous one may be unloaded."""


@dataclass
class Alignment:
    """Word timings of a chunk's segments."""

    timings: dict[int, Sequence[WordTiming]] = field(default_factory=dict)
    """By index of the segment. Segments without an entry keep the recogniser's times."""
    engines: list[Engine] = field(default_factory=list)
    """The models that aligned at least one segment."""
    warnings: list[StageWarning] = field(default_factory=list)


@dataclass(frozen=True)
class AlignmentFailure:
    """An attempt that ended in an exception."""

    error_type: str


def align_segments(
    segments: Sequence[RecognizedSegment], aligner: Aligner, audio: ChunkAudio
) -> Alignment:
    """Align language by language, so that each model is loaded once and freed before the next."""
    alignment = Alignment()
    for language, indices in indices_by_language(segments).items():
        model = None
        if language is not None:
            with trace_span("load model"):
                model = attempt(aligner.for_language, language)

        if model is None or isinstance(model, AlignmentFailure):
            alignment.warnings.append(no_aligner(language, model))
            continue

        for index in indices:
            align_segment(index, segments[index], model, audio, alignment)

    return alignment


def indices_by_language(segments: Sequence[RecognizedSegment]) -> dict[str | None, list[int]]:
    """Returns the indices of the segments that have words."""
    indices = defaultdict(list)
    for index, segment in enumerate(segments):
        if segment.words:
            indices[segment.language].append(index)
    return indices


def align_segment(
    index: int,
    segment: RecognizedSegment,
    model: SegmentAligner,
    audio: ChunkAudio,
    alignment: Alignment,
) -> None:
    """Add the segment's timings, or a warning, to `alignment`."""
    timings = attempt(model.align, segment, audio)
    if timings is None or isinstance(timings, AlignmentFailure):
        warning = not_aligned(segment, timings)
        alignment.warnings.append(warning)
        return

    alignment.timings[index] = timings
    engine = model.engine
    if engine not in alignment.engines:
        alignment.engines.append(engine)


def attempt(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | AlignmentFailure:
    """Returns what `work` returns, or a failure if it raises anything but MemoryError.

    Models are foreign code and may raise anything, and words without exact times are worth more
    than no words. The error's message is not logged, since it may contain what was said.
    """
    try:
        return work(*args, **kwargs)
    except MemoryError:
        raise
    except Exception as error:
        error_type = type(error).__name__
        log.warning("alignment failed", extra={"kind": error_type})
        return AlignmentFailure(error_type)


def no_aligner(language: str | None, failure: AlignmentFailure | None) -> StageWarning:
    if language is None:
        reason = "The language is not known"
    elif failure is None:
        reason = f"There is no alignment model for {language!r}"
    else:
        reason = f"The alignment model for {language!r} does not load ({failure.error_type})"

    message = f"{reason}: its words keep the recogniser's times."
    return StageWarning(code="no_aligner", stage="align", message=message)


def not_aligned(segment: RecognizedSegment, failure: AlignmentFailure | None) -> StageWarning:
    if failure is None:
        reason = "The words do not fit the audio"
    else:
        language = segment.language
        reason = f"Alignment failed in {language!r} ({failure.error_type})"

    message = f"{reason}: they keep the recogniser's times."
    span = Interval(start=segment.start, end=segment.end)
    return StageWarning(code="not_aligned", stage="align", message=message, span=span)
