"""The outline of a recording's sound: one byte for each tenth of a second, for drawing it."""

import numpy as np
from numpy.typing import NDArray

from functions.prepare.sample_buffer import Samples
from shared.model.artifacts import SAMPLE_RATE
from shared.model.formats import PEAKS_PER_SECOND

SAMPLES_PER_PEAK = SAMPLE_RATE // PEAKS_PER_SECOND
FULL_SCALE = 1 << 15
"""The largest absolute value of a sample."""
LARGEST_PEAK = 255

Peaks = NDArray[np.uint8]


class PeakMeter:
    """Measures the peaks of a stream of blocks with a row per channel.

    A peak is the largest absolute sample of its tenth of a second in any channel, from 0 (silence)
    to 255 (full scale), in proportion. Only the last, incomplete tenth of a second is kept as
    samples.
    """

    def __init__(self) -> None:
        self._peaks = bytearray()
        self._pending = np.zeros(0, np.int32)

    def push(self, block: Samples) -> None:
        """Measure the next samples."""
        loudest = loudest_channel(block)
        samples = np.concatenate([self._pending, loudest])
        complete = len(samples) // SAMPLES_PER_PEAK
        measured = complete * SAMPLES_PER_PEAK
        groups = samples[:measured].reshape(complete, SAMPLES_PER_PEAK)
        self._append(groups)
        self._pending = samples[measured:]

    def finish(self) -> bytes:
        """Returns the peaks of everything that was pushed. The last one may be of less sound."""
        if len(self._pending):
            last = self._pending.reshape(1, -1)
            self._append(last)
        return bytes(self._peaks)

    def _append(self, groups: NDArray[np.int32]) -> None:
        """Add a peak for each row of absolute samples."""
        largest = groups.max(axis=1)
        peaks = to_peaks(largest)
        self._peaks += peaks.tobytes()


def loudest_channel(block: Samples) -> NDArray[np.int32]:
    """Returns the largest absolute value of the channels at each sample."""
    wide = block.astype(np.int32)
    magnitudes = np.abs(wide)
    loudest: NDArray[np.int32] = magnitudes.max(axis=0)
    return loudest


def to_peaks(magnitudes: NDArray[np.int32]) -> Peaks:
    """Returns magnitudes of samples as peaks: a sample other than 0 is never a peak of 0."""
    scaled = -(-magnitudes * LARGEST_PEAK // FULL_SCALE)
    return scaled.astype(np.uint8)
