"""The sound of a chunk, and where in it nobody is heard."""

import wave
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shared.model.artifacts import SAMPLE_RATE

HOP = SAMPLE_RATE // 100
"""Samples of which one level is measured: 10 ms."""
FAINTEST = np.float32(1e-9)
"""Power, of full scale 1. What is less is taken for that: a logarithm has no zero."""
NEARBY = 3.0
"""Seconds before and after a word from which the level of the room is taken."""
DEEPEST = 45.0
"""dB below a word's loudest moment. What is quieter says nothing of how quiet a pause is."""
CONTRAST = 15.0
"""dB by which a word must stand out from the room. In more noise than that no pause can be
heard."""
QUIET = 0.3
"""Share of the way, in dB, from the room's level up to the word's, below which it is quiet."""


@dataclass(frozen=True, eq=False)
class Sound:
    """Mono samples at SAMPLE_RATE, from -1 to 1."""

    samples: NDArray[np.float32]

    @property
    def seconds(self) -> float:
        return len(self.samples) / SAMPLE_RATE

    @cached_property
    def levels(self) -> NDArray[np.float32]:
        """In dB, one for each HOP."""
        hops = self.samples[: len(self.samples) // HOP * HOP].reshape(-1, HOP)
        power: NDArray[np.float32] = np.square(hops).mean(axis=1)
        return 10 * np.log10(np.maximum(power, FAINTEST))

    def between(self, start: float, end: float) -> NDArray[np.float32]:
        return self.levels[hop(start) : hop(end)]

    def pauses(self, start: float, end: float, shortest: float) -> list[tuple[float, float]] | None:
        """The quiet stretches of a word that is somewhere in this time. None where noise covers
        them."""
        heard = self.between(start, end)
        if not len(heard):
            return None
        loudest = float(heard.max())
        room = max(
            float(np.percentile(self.between(start - NEARBY, end + NEARBY), 10)), loudest - DEEPEST
        )
        if loudest - room < CONTRAST:
            return None
        quiet = stretches(heard < room + QUIET * (loudest - room))
        pauses = (
            (seconds(hop(start) + first), seconds(hop(start) + last)) for first, last in quiet
        )
        return [(first, last) for first, last in pauses if last - first >= shortest]


def hop(time: float) -> int:
    """The number of the level at that time."""
    return max(round(time * SAMPLE_RATE / HOP), 0)


def seconds(hop: int) -> float:
    return hop * HOP / SAMPLE_RATE


def stretches(quiet: NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """From where to where each run of quiet levels goes."""
    place = 0
    for is_quiet, run in groupby(quiet.tolist()):
        length = len(list(run))
        if is_quiet:
            yield place, place + length
        place += length


def read(audio: Path) -> Sound:
    """A WAV file of signed 16-bit samples."""
    with wave.open(str(audio)) as file:
        return Sound(
            np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32)
            / np.float32(32768)
        )
