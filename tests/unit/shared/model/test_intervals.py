"""Arithmetic of time intervals."""

import pytest

from shared.model.artifacts import Interval
from shared.model.intervals import clamp, subtract, total_seconds, uncovered, union


def intervals(*bounds: tuple[float, float]) -> list[Interval]:
    return [Interval(start=start, end=end) for start, end in bounds]


def test_union_joins_intervals_that_touch_overlap_or_are_near() -> None:
    scattered = intervals((3.0, 4.0), (0.0, 1.0), (1.0, 2.0), (0.5, 0.7))
    assert union(scattered) == intervals((0.0, 2.0), (3.0, 4.0))
    assert union(intervals((0.0, 2.0), (3.0, 4.0)), gap=1.0) == intervals((0.0, 4.0))


def test_subtract_takes_from_both_ends_and_from_the_middle() -> None:
    removed = intervals((-1.0, 1.0), (3.0, 4.0), (9.0, 22.0), (30.0, 31.0))
    remaining = subtract(intervals((0.0, 10.0), (20.0, 30.0)), removed)
    assert remaining == intervals((1.0, 3.0), (4.0, 9.0), (22.0, 30.0))


def test_uncovered_speech_lies_outside_every_covered_interval() -> None:
    speech = intervals((5.0, 8.0), (0.0, 3.0), (3.0, 5.0))
    covered = intervals((6.0, 7.0), (-1.0, 2.0), (1.0, 2.5))
    assert uncovered(speech, covered) == intervals((2.5, 6.0), (7.0, 8.0))


def test_total_seconds_is_the_sum_of_the_durations() -> None:
    assert total_seconds(intervals((0.0, 1.5), (2.0, 4.0))) == 3.5


@pytest.mark.parametrize("time, clamped", [(0.5, 1.0), (1.23456, 1.235), (2.5, 2.0)])
def test_clamp_moves_a_time_into_the_interval_in_whole_milliseconds(
    time: float, clamped: float
) -> None:
    assert clamp(time, Interval(start=1.0, end=2.0)) == clamped
