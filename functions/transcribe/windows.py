"""Parts of a chunk's samples, and speech intervals short enough for Whisper's window."""

from collections.abc import Iterable, Iterator

import numpy as np

from shared.model.artifacts import SAMPLE_RATE, Interval
from shared.model.audio import Samples

WINDOW_SECONDS = 30.0
"""What Whisper transcribes at once."""
FRAME = SAMPLE_RATE // 50
"""Samples in 20 ms, the step in which loudness is measured."""
QUIET_FRAMES = 10
"""Frames in the 200 ms whose mean loudness makes a quiet point."""


def cut(samples: Samples, interval: Interval) -> Samples:
    """Returns the samples of the interval, which may end after them."""
    first = int(interval.start * SAMPLE_RATE)
    end = int(interval.end * SAMPLE_RATE)
    return samples[first:end]


def peak(samples: Samples) -> float:
    """Returns the largest absolute sample, from 0 to 1; 0 if there are no samples."""
    absolute = np.abs(samples)
    largest = absolute.max(initial=0.0)
    return float(largest)


def fit_to_windows(speech: Iterable[Interval], samples: Samples) -> Iterator[Interval]:
    """Yields the speech within the samples, in intervals of at most `WINDOW_SECONDS`.

    A longer interval is cut where the second half of the window is quietest.
    """
    duration = len(samples) / SAMPLE_RATE
    for interval in speech:
        start = interval.start
        end = min(interval.end, duration)
        while end - start > WINDOW_SECONDS:
            earliest = start + WINDOW_SECONDS / 2
            latest = start + WINDOW_SECONDS
            quiet = quietest_point(samples, earliest, latest)
            yield Interval(start=start, end=quiet)
            start = quiet
        if start < end:
            yield Interval(start=start, end=end)


def quietest_point(samples: Samples, start: float, end: float) -> float:
    """Returns the middle of the quietest 200 ms in [start, end], in seconds."""
    interval = Interval(start=start, end=end)
    part = cut(samples, interval)
    power = power_of_frames(part)
    kernel = np.ones(QUIET_FRAMES)
    smoothed = np.convolve(power, kernel, mode="valid")
    first_frame = int(smoothed.argmin())
    middle_frame = first_frame + QUIET_FRAMES // 2
    return start + middle_frame * FRAME / SAMPLE_RATE


def power_of_frames(samples: Samples) -> Samples:
    """Returns the mean square of each whole FRAME of the samples."""
    count = len(samples) // FRAME
    end = count * FRAME
    frames = samples[:end].reshape(-1, FRAME)
    return np.asarray((frames**2).mean(axis=1))


def overlapping(speech: Iterable[Interval], start: float, end: float) -> list[Interval]:
    """Returns the intervals of speech that overlap [start, end]."""
    overlaps = []
    for interval in speech:
        if interval.start < end and interval.end > start:
            overlaps.append(interval)
    return overlaps
