"""Samples from -1 to 1 -> 16-bit integers. Sound beyond full scale is made quieter, not clipped."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from functions.prepare.sample_buffer import Rows, Samples
from shared.model.artifacts import SAMPLE_RATE
from shared.model.audio import FULL_SCALE

UNCLIPPED = 0.999
"""Fraction of a block's samples that must not be clipped. The rest are 8 ms of clicks."""
RELEASE = 0.944
"""Fraction of the level that is expected of the next block: it falls by 1 dB per second."""
SILENCE_PEAK = 4
"""Largest sample of digital silence: rounding and dither. Microphones give more."""
MIN_AUDIBLE_PEAK = 8.0
"""Largest sample, in steps of 16 bits (-72 dBFS), below which speech is lost in the rounding. Of
speech with a peak of -70 dBFS nearly all is found, at -80 dBFS next to nothing."""
MIN_REPORTED = 1.5
"""Level from which a recording is reported: decoders of loud music often exceed 1 a little."""


class FullScale:
    """Converts a stream of blocks, with a row per channel, to integers."""

    def __init__(self) -> None:
        self.peak = 0
        """The largest sample, as an integer."""
        self.swing = 0.0
        """The same before samples are rounded, without the constant offset of a block."""
        self.highest_level = 1.0
        self.reduced_seconds = 0.0
        """Seconds of the blocks that were made quieter."""
        self._level = 1.0

    @property
    def is_silent(self) -> bool:
        """Whether nothing that was converted so far is sound."""
        return self.peak <= SILENCE_PEAK

    @property
    def is_too_quiet(self) -> bool:
        """Whether there is sound, but none that is loud enough for 16 bits."""
        return 0 < self.swing < MIN_AUDIBLE_PEAK

    def convert(self, rows: Rows) -> Samples:
        """Returns the block as integers, divided by its level if that is above 1."""
        level = max(block_level(rows), self._level * RELEASE, 1.0)
        self._level = level
        if level > 1:
            rows = rows / np.float32(level)
            self.reduced_seconds += rows.shape[1] / SAMPLE_RATE
            self.highest_level = max(self.highest_level, level)
        scaled = rows * FULL_SCALE
        samples = to_integers(scaled)
        self._note_peak(samples)
        self._note_swing(scaled)
        return samples

    def _note_swing(self, scaled: Rows) -> None:
        if not scaled.size:
            return
        ranges = np.ptp(scaled, axis=1)
        largest = float(ranges.max())
        swing = largest / 2
        self.swing = max(self.swing, swing)

    def _note_peak(self, samples: Samples) -> None:
        if not samples.size:
            return
        highest = int(samples.max())
        lowest = int(samples.min())
        self.peak = max(self.peak, highest, -lowest)


def to_integers(scaled: NDArray[np.floating[Any]]) -> Samples:
    """Returns samples whose full scale is FULL_SCALE, rounded and limited to 16 bits."""
    rounded = np.rint(scaled)
    limited = rounded.clip(-FULL_SCALE, FULL_SCALE - 1)
    samples: Samples = limited.astype(np.int16)
    return samples


def block_level(rows: Rows) -> float:
    """Returns the size that UNCLIPPED of the samples do not exceed; 1 if none exceeds 1."""
    sizes = np.abs(rows)
    if not sizes.size or sizes.max() <= 1:
        return 1.0
    level = np.quantile(sizes, UNCLIPPED)
    return float(level)
