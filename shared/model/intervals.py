"""Arithmetic of stretches of time."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable

from shared.model.artifacts import Chunk, Interval

Bounds = tuple[float, float]
"""Start and end in seconds, half-open."""


def union(intervals: Iterable[Bounds], gap: float = 0.0) -> list[Bounds]:
    """The stretches that any interval covers, in order. Those at most `gap` seconds apart become
    one."""
    joined: list[Bounds] = []
    for start, end in sorted(intervals):
        if joined and start <= joined[-1][1] + gap:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def without(wanted: list[Bounds], taken: list[Bounds]) -> list[Bounds]:
    """What remains of `wanted` outside `taken`. Both are in order and free of overlap."""
    starts, ends = [start for start, _ in taken], [end for _, end in taken]
    remains: list[Bounds] = []
    for start, end in wanted:
        at = start
        for taken_start, taken_end in taken[bisect_right(ends, start) : bisect_left(starts, end)]:
            if taken_start > at:
                remains.append((at, taken_start))
            at = taken_end
        if at < end:
            remains.append((at, end))
    return remains


def length(intervals: Iterable[Bounds]) -> float:
    return sum(end - start for start, end in intervals)


def inside(region: Interval | Chunk, time: float) -> float:
    """The time, moved to the region's border when it is outside; in whole milliseconds."""
    return round(min(max(time, region.start), region.end), 3)
