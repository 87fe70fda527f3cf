"""Arithmetic of time intervals."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence

from shared.model.artifacts import Chunk, Interval, Turn


def union(intervals: Iterable[Interval], gap: float = 0.0) -> list[Interval]:
    """Returns the time that any of the intervals covers, as disjoint intervals in order.

    Intervals at most `gap` seconds apart become one.
    """
    merged: list[Interval] = []
    in_order = sorted(intervals, key=lambda interval: interval.start)
    for interval in in_order:
        if not merged or interval.start > merged[-1].end + gap:
            merged.append(interval)
            continue
        last = merged.pop()
        end = max(last.end, interval.end)
        joined = Interval(start=last.start, end=end)
        merged.append(joined)
    return merged


def subtract(intervals: Sequence[Interval], removed: Sequence[Interval]) -> list[Interval]:
    """Returns the parts of `intervals` outside `removed`. Both must be disjoint and in order."""
    removed_starts = [interval.start for interval in removed]
    removed_ends = [interval.end for interval in removed]
    remaining: list[Interval] = []
    for interval in intervals:
        first = bisect_right(removed_ends, interval.start)
        last = bisect_left(removed_starts, interval.end)
        holes = removed[first:last]
        remaining += without_holes(interval, holes)
    return remaining


def without_holes(interval: Interval, holes: Iterable[Interval]) -> Iterator[Interval]:
    """Yields the parts of the interval outside the holes, all of which overlap it."""
    start = interval.start
    for hole in holes:
        if hole.start > start:
            yield Interval(start=start, end=hole.start)
        start = hole.end
    if start < interval.end:
        yield Interval(start=start, end=interval.end)


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


def round_times(interval: Interval) -> Interval:
    """Returns the interval with its times rounded to whole milliseconds."""
    start = round(interval.start, 3)
    end = round(interval.end, 3)
    return Interval(start=start, end=end)
