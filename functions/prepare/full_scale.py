"""Samples from -1 to 1 -> 16-bit integers. Sound beyond full scale is made quieter, not clipped."""

import numpy as np

from functions.prepare.sample_buffer import Rows, Samples
from shared.model.artifacts import SAMPLE_RATE
from shared.model.audio import FULL_SCALE

UNCLIPPED = 0.999
"""Fraction of a block's samples that must not be clipped. The rest are 8 ms of clicks."""
RELEASE = 0.944
"""Fraction of the level that is expected of the next block: it falls by 1 dB per second."""
MIN_REPORTED = 1.5
"""Level from which a recording is reported: decoders of loud music often exceed 1 a little."""


class FullScale:
    """Converts a stream of blocks, with a row per channel, to integers."""

    def __init__(self) -> None:
        self.peak = 0
        """The largest sample, as an integer."""
        self.highest_level = 1.0
        self.reduced_seconds = 0.0
        """Seconds of the blocks that were made quieter."""
        self._level = 1.0

    def convert(self, rows: Rows) -> Samples:
        """Returns the block as integers, divided by its level if that is above 1."""
        level = max(block_level(rows), self._level * RELEASE, 1.0)
        self._level = level
        if level > 1:
            rows = rows / np.float32(level)
            self.reduced_seconds += rows.shape[1] / SAMPLE_RATE
            self.highest_level = max(self.highest_level, level)
        scaled = np.rint(rows * FULL_SCALE)
        limited = scaled.clip(-FULL_SCALE, FULL_SCALE - 1)
        samples: Samples = limited.astype(np.int16)
        self._note_peak(limited)
        return samples

    def _note_peak(self, limited: Rows) -> None:
        if limited.size:
            sizes = np.abs(limited)
            self.peak = max(self.peak, int(sizes.max()))


def block_level(rows: Rows) -> float:
    """Returns the size that UNCLIPPED of the samples do not exceed; 1 if none exceeds 1."""
    sizes = np.abs(rows)
    if not sizes.size or sizes.max() <= 1:
        return 1.0
    return float(np.quantile(sizes, UNCLIPPED))
