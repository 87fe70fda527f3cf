"""Each segment's words placed by the acoustic model of its language. Whatever fails, the words
stay."""

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from functions.align.monotonic import Fit
from functions.align.sound import Sound
from shared.model.artifacts import Interval, RecognizedSegment, StageWarning
from shared.model.contracts import Engine

log = logging.getLogger(__name__)

T = TypeVar("T")


class Voice(Protocol):
    """An acoustic model of one language."""

    @property
    def engine(self) -> Engine: ...

    def fits(self, sound: Sound, segment: RecognizedSegment) -> Sequence[Fit] | None:
        """Where each word of the segment is; None where they do not fit the sound."""


class Aligner(Protocol):
    """A choice of acoustic models."""

    @property
    def engine(self) -> Engine: ...

    def voice(self, language: str) -> Voice | None:
        """The language's model, if there is one here. The one before may be dropped for it."""


@dataclass(frozen=True)
class Failure:
    """An attempt that ended in an exception."""

    kind: str


class Placing:
    """What is known of the segments' words so far."""

    def __init__(self, segments: Sequence[RecognizedSegment]) -> None:
        self.segments = segments
        self.fits: list[Sequence[Fit] | None] = [None] * len(segments)
        """One for each segment. None: its words keep the recogniser's times."""
        self.engines: list[Engine] = []
        """The models that placed words."""
        self.warnings: list[StageWarning] = []

    def place(self, aligner: Aligner, sound: Sound) -> None:
        """Language by language, so that each model is loaded once and let go before the next."""
        for language, numbers in self.languages().items():
            self.place_language(language, numbers, aligner, sound)

    def languages(self) -> dict[str | None, list[int]]:
        """The numbers of the segments that have words, by language."""
        numbers = defaultdict(list)
        for number, segment in enumerate(self.segments):
            if segment.words:
                numbers[segment.language].append(number)
        return numbers

    def place_language(
        self, language: str | None, numbers: Sequence[int], aligner: Aligner, sound: Sound
    ) -> None:
        voice = attempt(lambda: aligner.voice(language)) if language else None
        if voice is None or isinstance(voice, Failure):
            self.warnings.append(no_aligner(language, voice))
            return
        for number in numbers:
            self.place_segment(number, voice, sound)

    def place_segment(self, number: int, voice: Voice, sound: Sound) -> None:
        segment = self.segments[number]
        fits = attempt(lambda: voice.fits(sound, segment))
        if fits is None or isinstance(fits, Failure):
            self.warnings.append(not_aligned(segment, fits))
            return
        self.fits[number] = fits
        if voice.engine not in self.engines:
            self.engines.append(voice.engine)


def attempt(work: Callable[[], T]) -> T | Failure:
    """What an aligner makes, or what kind of failure it met."""
    try:
        return work()
    except MemoryError:
        raise
    except Exception as error:  # models are others' code and may fail in any way; words are worth more than their times
        log.warning(
            "alignment failed", extra={"kind": type(error).__name__}
        )  # its message may hold what was said
        return Failure(type(error).__name__)


def no_aligner(language: str | None, failure: Failure | None) -> StageWarning:
    why = (
        f"The alignment model for {language!r} cannot be used ({failure.kind})"
        if failure
        else (
            f"No alignment model for {language!r} is here"
            if language
            else "The language is not known"
        )
    )
    return StageWarning(
        code="no_aligner", stage="align", message=f"{why}: its words keep the recogniser's times."
    )


def not_aligned(segment: RecognizedSegment, failure: Failure | None) -> StageWarning:
    why = (
        f"Aligning failed in {segment.language!r} ({failure.kind})"
        if failure
        else "The words do not fit the sound"
    )
    return StageWarning(
        code="not_aligned",
        stage="align",
        message=f"{why}: they keep the recogniser's times.",
        span=Interval(start=segment.start, end=segment.end),
    )
