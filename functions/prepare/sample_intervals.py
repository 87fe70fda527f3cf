"""Intervals of a recording in samples, and their arithmetic."""

from collections.abc import Iterable

from shared.model.artifacts import SAMPLE_RATE, Interval

SampleInterval = tuple[int, int]
"""Start and end in samples, half-open."""

MILLISECOND = SAMPLE_RATE // 1000
"""Samples. Cuts fall on whole milliseconds, so that times in JSON are exact."""
PADDING = 200 * MILLISECOND
"""Samples kept on both sides of speech, so that soft first and last sounds are not lost."""


def round_down_to_millisecond(samples: float) -> int:
    milliseconds = int(samples) // MILLISECOND
    return milliseconds * MILLISECOND


def pad(speech: Iterable[SampleInterval], length: int) -> list[SampleInterval]:
    """Returns the intervals with PADDING on both sides, inside a recording of `length` samples.

    Neighbours that would overlap meet in the middle.
    """
    padded: list[SampleInterval] = []
    for start, end in speech:
        padded_start = max(0, start - PADDING)
        padded_end = min(length, end + PADDING)
        if padded and padded[-1][1] > padded_start:
            previous_start, previous_end = padded[-1]
            padded_start = (previous_end + padded_start) // 2
            padded[-1] = (previous_start, padded_start)
        padded.append((padded_start, padded_end))
    return padded


def clip(intervals: Iterable[SampleInterval], start: int, end: int) -> list[SampleInterval]:
    """Returns the parts of the intervals that are between `start` and `end`."""
    clipped: list[SampleInterval] = []
    for interval_start, interval_end in intervals:
        clipped_start = max(interval_start, start)
        clipped_end = min(interval_end, end)
        if clipped_start < clipped_end:
            clipped.append((clipped_start, clipped_end))
    return clipped


def in_seconds(interval: SampleInterval) -> Interval:
    start, end = interval
    start_seconds = start / SAMPLE_RATE
    end_seconds = end / SAMPLE_RATE
    return Interval(start=start_seconds, end=end_seconds)
