"""Finds and repairs the parts of a mix in which the channels cancel each other.

A voice whose channels have opposite phases is silent in their mean. In the spectrum the mean is
then far below the channels. Those parts get the power that unrelated channels would have, and the
phase of the combination of channels in which they are loudest.
"""

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from functions.prepare.sample_buffer import Rows
from shared.model.artifacts import SAMPLE_RATE

Weights = NDArray[np.float32]
"""One number per channel."""
Spectra = NDArray[Any]
"""Complex numbers with axes for channels, frames and frequencies."""
Powers = NDArray[Any]
"""Numbers with axes for frames and frequencies."""

FRAME = 512
"""Samples (32 ms) of a spectrum."""
HOP = FRAME // 2
"""Samples from one frame to the next."""
WINDOW = np.sqrt(np.hanning(FRAME + 1)[:FRAME]).astype(np.float32)
"""Its squares add up to 1 where frames overlap."""
BANDS = 8
"""Bands of 1 kHz, each of which may be cancelled by itself."""
MIN_POWER = 0.25
"""A frequency is cancelled if the mean has less than this fraction of the power that unrelated
channels would give it. Two equal channels give 2, two opposite ones 0."""
MAX_CANCELLED = 0.6
"""Fraction of a band's power that may be cancelled before the mix is repaired. It is 0.23 for
unrelated channels, and microphones in different places cancel narrow notches only."""
MIN_BAND_POWER = 1e-5
"""Bands with a smaller fraction of the power (50 dB below the whole) are not examined."""
TINY = np.float32(1e-20)
"""Smallest magnitude by which a spectrum is divided, since silence has none."""


class CancellationRepair:
    """Computes what has to be added to the weighted mean of a stream of channels."""

    def __init__(self, weights: Weights) -> None:
        self.cancelled_seconds = 0.0
        """Seconds in which most bands were cancelled."""
        self._weights = weights
        self._combination = 1 / np.arange(1, len(weights) + 1)
        """Of the channels in the last block that was repaired."""

    def correction(self, rows: Rows) -> Rows | None:
        """Returns a row to be added to the mean of `rows`, or None if little is cancelled.

        `rows` is a whole number of hops, at least two. The row is complete in the middle; its first
        and its last hop need the correction of the neighbours added.
        """
        is_same = rows == rows[0]
        if is_same.all():
            return None
        shifted_by_one = sliding_window_view(rows, FRAME, axis=1)
        frames = shifted_by_one[:, ::HOP]
        spectra = np.fft.rfft(frames * WINDOW)
        mean = np.tensordot(self._weights, spectra, 1)
        expected_power = np.tensordot(self._weights**2, power(spectra), 1)
        least_power = MIN_POWER * expected_power
        is_cancelled = power(mean) < least_power
        if not self._is_much_cancelled(expected_power, is_cancelled):
            return None
        phase = self._loudest_phase(spectra, is_cancelled)
        rebuilt = phase * np.sqrt(expected_power)
        difference = np.where(is_cancelled, rebuilt - mean, 0)
        pieces = np.fft.irfft(difference, FRAME) * WINDOW
        return overlap_add(pieces.astype(np.float32))

    def _is_much_cancelled(self, expected_power: Powers, is_cancelled: NDArray[np.bool_]) -> bool:
        """Returns whether a band has lost more than MAX_CANCELLED of its power, and counts it."""
        all_power = band_powers(expected_power)
        lost_power = band_powers(expected_power * is_cancelled)
        is_audible = all_power > MIN_BAND_POWER * all_power.sum()
        is_cancelled_much = lost_power > MAX_CANCELLED * all_power
        is_lost = is_audible & is_cancelled_much
        half_of_bands = is_audible.sum() / 2
        if is_lost.sum() > half_of_bands:
            samples = len(expected_power) * HOP
            self.cancelled_seconds += samples / SAMPLE_RATE
        return bool(is_lost.any())

    def _loudest_phase(self, spectra: Spectra, is_cancelled: NDArray[np.bool_]) -> Spectra:
        """Returns the phase, as numbers of magnitude 1, of a combination of the channels.

        It is the one in which the cancelled parts are loudest: for two opposite channels, their
        difference.
        """
        cancelled = spectra[:, is_cancelled]
        covariance = cancelled @ cancelled.conj().T
        _, vectors = np.linalg.eigh(covariance.real)
        combination = vectors[:, -1]
        if combination @ self._combination < 0:
            combination = -combination  # both are right, but a change between blocks is audible
        self._combination = combination
        combined = np.tensordot(combination.astype(np.float32), spectra, 1)
        magnitude = np.maximum(np.abs(combined), TINY)
        phase: Spectra = combined / magnitude
        return phase


def power(spectra: Spectra) -> Powers:
    real_squares = spectra.real**2
    imaginary_squares = spectra.imag**2
    powers: Powers = real_squares + imaginary_squares
    return powers


def band_powers(frame_powers: Powers) -> Powers:
    """Returns the power in each band, all frames together."""
    powers = frame_powers.sum(axis=0)
    without_nyquist = powers[:-1]
    by_band = without_nyquist.reshape(BANDS, -1)
    totals: Powers = by_band.sum(axis=1)
    return totals


def overlap_add(pieces: Rows) -> Rows:
    """Returns the sum of frames that overlap by half."""
    hops = len(pieces) + 1
    total = np.zeros(hops * HOP, np.float32)
    first_halves = pieces[:, :HOP]
    second_halves = pieces[:, HOP:]
    total[:-HOP] += first_halves.reshape(-1)
    total[HOP:] += second_halves.reshape(-1)
    return total
