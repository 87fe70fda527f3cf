"""The last word on a word's time: in order, inside its chunk, and honest about where it comes
from."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from shared.model.artifacts import Timing

FRAME = 0.02
"""Seconds. The models hear no finer: a word moved by less is where it was found, and a word lasts
as long at least."""
ROUNDING = 1e-6


@dataclass(frozen=True)
class Fit:
    """Where a word was placed, in seconds, and how well it fits there, from 0 to 1.

    `timing` is about the model's work: an aligned word whose end was taken back to where its sound
    stops is aligned.
    """

    start: float
    end: float
    score: float | None
    timing: Timing


def bounded(fits: Sequence[Fit], duration: float) -> Iterator[Fit]:
    """No word begins before the last one has ended, or leaves the chunk. Only without room does a
    word last no time."""
    starts = spaced([fit.start for fit in fits], duration)
    for fit, start, following in zip(fits, starts, [*starts[1:], duration], strict=False):
        yield moved(fit, start, min(max(fit.end, start + FRAME), following))


def spaced(starts: Iterable[float], duration: float) -> list[float]:
    """In order, a frame apart, and the last one a frame before the end: those in the way are pushed
    on, or back."""
    later = list(
        accumulate(starts, lambda before, start: max(start, before + FRAME), initial=-FRAME)
    )[1:]
    earlier = accumulate(
        reversed(later), lambda after, start: min(start, after - FRAME), initial=duration
    )
    return [max(start, 0.0) for start in reversed(list(earlier)[1:])]


def moved(fit: Fit, start: float, end: float) -> Fit:
    """The word at its final place. One that had to give way by more than a frame says so."""
    farthest = max(abs(fit.start - start), abs(fit.end - end))
    return replace(
        fit, start=start, end=end, timing="clamped" if farthest > FRAME + ROUNDING else fit.timing
    )
