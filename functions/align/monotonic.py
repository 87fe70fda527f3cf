"""Clamp word times: monotonic, inside the chunk, with their origin."""

from collections.abc import Sequence
from dataclasses import replace

from functions.align.alignment import FRAME, WordTiming

ROUNDING = 1e-6
"""Seconds. More than floating-point arithmetic adds to a shift of exactly one frame."""


def clamp_timings(timings: Sequence[WordTiming], duration: float) -> list[WordTiming]:
    """Returns the timings without overlap and inside [0, duration].

    A word lasts at least a frame, unless there is not enough room for all words.
    """
    starts = monotonic_starts([timing.start for timing in timings], duration)
    limits = [*starts, duration][1:]

    clamped = []
    for timing, start, limit in zip(timings, starts, limits, strict=True):
        end = max(timing.end, start + FRAME)
        end = min(end, limit)
        clamped.append(moved(timing, start, end))
    return clamped


def monotonic_starts(starts: Sequence[float], duration: float) -> list[float]:
    """Returns the start times at least a frame apart, the last one a frame before the end.

    Starts that are too close are moved later; those that then lie too late are moved earlier.
    """
    delayed = []
    earliest = 0.0
    for start in starts:
        start = max(start, earliest)
        delayed.append(start)
        earliest = start + FRAME

    advanced = []
    latest = duration - FRAME
    for start in reversed(delayed):
        start = min(start, latest)
        advanced.append(max(start, 0.0))
        latest = start - FRAME

    advanced.reverse()
    return advanced


def moved(timing: WordTiming, start: float, end: float) -> WordTiming:
    """Returns the word with these times, marked as clamped if either moved by over a frame."""
    start_shift = abs(timing.start - start)
    end_shift = abs(timing.end - end)
    shift = max(start_shift, end_shift)

    origin = timing.origin
    if shift > FRAME + ROUNDING:
        origin = "clamped"
    return replace(timing, start=start, end=end, origin=origin)
