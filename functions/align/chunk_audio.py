"""The audio of a chunk and its pauses, found by their level."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from shared.model.artifacts import SAMPLE_RATE, Interval
from shared.model.audio import Samples

HOP = SAMPLE_RATE // 100
"""Samples of which one level is measured: 10 ms."""
MIN_POWER = np.float32(1e-9)
"""Floor for the power, relative to full scale, so that its logarithm is finite."""
ROOM_CONTEXT = 3.0
"""Seconds before and after a word from which the background level is estimated."""
ROOM_PERCENTILE = 10
"""Percentile of the levels that is taken as the background level."""
MAX_DEPTH = 45.0
"""dB below a word's loudest moment; the background is never taken to be quieter than this."""
MIN_CONTRAST = 15.0
"""dB by which a word must exceed the background. In more noise pauses cannot be detected."""
PAUSE_THRESHOLD = 0.3
"""Share of the way, in dB, from the background up to the word's peak, below which there is a
pause."""


@dataclass(frozen=True, eq=False)
class ChunkAudio:
    """A chunk's samples and their levels."""

    samples: Samples

    @property
    def duration(self) -> float:
        """Seconds."""
        return len(self.samples) / SAMPLE_RATE

    @cached_property
    def levels(self) -> NDArray[np.float32]:
        """The level in dB of each HOP."""
        hops = len(self.samples) // HOP
        whole_hops = self.samples[: hops * HOP]
        samples_by_hop = whole_hops.reshape(hops, HOP)

        power: NDArray[np.float32] = np.square(samples_by_hop).mean(axis=1)
        power = np.maximum(power, MIN_POWER)
        return 10 * np.log10(power)

    def levels_between(self, start: float, end: float) -> NDArray[np.float32]:
        first = hop_at(start)
        last = hop_at(end)
        return self.levels[first:last]

    def pauses(self, start: float, end: float, shortest: float) -> list[Interval] | None:
        """Returns the pauses of at least `shortest` seconds around a word within [start, end].

        Returns None where noise would hide a pause.
        """
        levels = self.levels_between(start, end)
        if not len(levels):
            return None

        peak = float(levels.max())
        quietest = self.background(start, end)
        deepest = peak - MAX_DEPTH
        background = max(quietest, deepest)
        contrast = peak - background
        if contrast < MIN_CONTRAST:
            return None

        threshold = background + PAUSE_THRESHOLD * contrast
        is_quiet = levels < threshold
        first_hop = hop_at(start)
        pauses = []
        for first, last in true_runs(is_quiet):
            pause_start = hop_start(first_hop + first)
            pause_end = hop_start(first_hop + last)
            if pause_end - pause_start >= shortest:
                pause = Interval(start=pause_start, end=pause_end)
                pauses.append(pause)
        return pauses

    def background(self, start: float, end: float) -> float:
        """Returns the level in dB of the quietest moments in and around [start, end]."""
        context_start = start - ROOM_CONTEXT
        context_end = end + ROOM_CONTEXT
        nearby = self.levels_between(context_start, context_end)
        level = np.percentile(nearby, ROOM_PERCENTILE)
        return float(level)


def hop_at(time: float) -> int:
    """Returns the index of the level at `time`, in seconds."""
    index = round(time * SAMPLE_RATE / HOP)
    return max(index, 0)


def hop_start(index: int) -> float:
    """Returns the time, in seconds, at which a hop begins."""
    return index * HOP / SAMPLE_RATE


def true_runs(mask: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Returns first and past-the-end index of each run of True."""
    numbers = mask.astype(np.int8)
    changes = np.diff(numbers, prepend=0, append=0)
    starts = np.flatnonzero(changes == 1)
    ends = np.flatnonzero(changes == -1)
    runs = zip(starts.tolist(), ends.tolist(), strict=True)
    return list(runs)
