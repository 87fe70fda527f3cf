"""Arithmetic of time intervals."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence

from shared.model.artifacts import Chunk, Interval, Turn


def union(intervals: Iterable[Interval], gap: float = 0.0) -> list[Interval]:
    """Returns the time that any of the intervals covers, as disjoint intervals in order.

    Intervals at most `gap` seconds apart become one.
    """
    merged: list[Interval] = []
    in_order = sorted(intervals, key=lambda interval: interval.start)
    for interval in in_order:
        last = merged[-1] if merged else None
        if last is None or interval.start > last.end + gap:
            merged.append(interval)
        else:
            end = max(last.end, interval.end)
            merged[-1] = Interval(start=last.start, end=end)
    return merged


def subtract(intervals: Sequence[Interval], removed: Sequence[Interval]) -> list[Interval]:
    """Returns the parts of `intervals` outside `removed`. Both must be disjoint and in order."""
    removed_starts = [interval.start for interval in removed]
    removed_ends = [interval.end for interval in removed]
    remaining: list[Interval] = []
    for interval in intervals:
        first = bisect_right(removed_ends, interval.start)
        last = bisect_left(removed_starts, interval.end)
        start = interval.start
        for hole in removed[first:last]:
            if hole.start > start:
                remaining.append(Interval(start=start, end=hole.start))
            start = hole.end
        if start < interval.end:
            remaining.append(Interval(start=start, end=interval.end))
    return remaining


def uncovered(speech: Iterable[Interval], covered: Iterable[Interval]) -> list[Interval]:
    """Returns the speech outside every covered interval, as disjoint intervals in order."""
    disjoint_speech = union(speech)
    disjoint_covered = union(covered)
    return subtract(disjoint_speech, disjoint_covered)


def total_seconds(intervals: Iterable[Interval | Chunk | Turn]) -> float:
    """Returns the sum of the intervals' lengths, in seconds. Overlaps count twice."""
    lengths = [interval.end - interval.start for interval in intervals]
    return sum(lengths)


def clamp(time: float, interval: Interval | Chunk) -> float:
    """Returns the time moved into the interval, in seconds rounded to whole milliseconds."""
    clamped = min(max(time, interval.start), interval.end)
    return round(clamped, 3)
