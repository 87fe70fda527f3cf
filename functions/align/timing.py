"""The last word on a word's time: in order, inside its chunk, and honest about where it comes from."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from shared.speech import HeardWord, Timing


@dataclass(frozen=True)
class Fit:
    """Where a word was placed, in seconds, and how well it fits there, from 0 to 1."""

    start: float
    end: float
    score: float | None
    timing: Timing


def kept(word: HeardWord) -> Fit:
    """The recogniser's own time."""
    return Fit(word.start, word.end, None, "asr")


def bounded(fits: Iterable[Fit], duration: float) -> Iterator[Fit]:
    """No word starts before the one before it, ends before it starts, or leaves the chunk."""
    latest = 0.0
    for fit in fits:
        start = min(max(fit.start, latest), duration)
        end = min(max(fit.end, start), duration)
        latest = start
        yield fit if (start, end) == (fit.start, fit.end) else replace(fit, start=start, end=end, timing="clamped")
