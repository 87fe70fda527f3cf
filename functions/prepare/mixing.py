"""All channels -> one: their weighted mean, repaired where they cancel each other."""

from collections.abc import Sequence

import numpy as np

from functions.prepare.cancellation import HOP, CancellationRepair, Weights
from functions.prepare.masking import MaskedVoices
from functions.prepare.sample_buffer import Rows

ROLE_WEIGHTS = {"FC": 1.0, "FL": 0.7, "FR": 0.7}
"""Weights of the centre and the front in surround sound, by ITU-R BS.775."""
OTHER_WEIGHT = 0.5
"""Of every other channel. The one of low tones (LFE) has it too: recorders of many microphones
declare one of them as such."""
MAX_REPAIRED_CHANNELS = 64
"""More channels are averaged only, because spectra of all would take too much memory."""
FADE = np.concatenate([np.zeros(HOP), np.linspace(0, 1, HOP)]).astype(np.float32)
"""Share of new weights: none in the hop that is left of the last block, then rising."""


def mix_weights(roles: Sequence[str]) -> Weights:
    """Returns the weights of channels with these roles, such as FL. They add up to 1."""
    if is_surround(roles):
        weights = [ROLE_WEIGHTS.get(role, OTHER_WEIGHT) for role in roles]
    else:
        weights = [1.0] * len(roles)
    unscaled = np.array(weights, np.float32)
    total = np.float32(sum(weights))
    return unscaled / total


def is_surround(roles: Sequence[str]) -> bool:
    """Returns whether one of more than two channels is the centre."""
    if len(roles) <= 2:
        return False
    return "FC" in roles


def weighted_mean(weights: Weights, rows: Rows) -> Rows:
    """Returns the mean in one row."""
    mean: Rows = weights @ rows
    return mean.reshape(1, -1)


class Mixer:
    """Mixes a stream of blocks with a row per channel."""

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._repairs = 1 < len(weights) <= MAX_REPAIRED_CHANNELS
        self._repair = CancellationRepair(weights)
        self._voices = MaskedVoices(weights)
        self._start()

    def _start(self) -> None:
        channels = len(self._weights)
        self._history = np.zeros((channels, HOP), np.float32)
        self._last_correction = np.zeros(HOP, np.float32)
        self._last_weights = self._weights
        self._is_first = True

    @property
    def channels(self) -> int:
        return len(self._weights)

    @property
    def cancelled_seconds(self) -> float:
        """Seconds in which the mean of the channels would have been next to nothing."""
        return self._repair.cancelled_seconds

    @property
    def masked_seconds(self) -> float:
        """Seconds in which a voice was drowned by other channels, which were left out there."""
        return self._voices.masked_seconds

    def push(self, block: Rows) -> Rows:
        """Returns the mix of the next block in one row; one hop of it comes with the next block.

        The block is a whole number of the detector's windows, and so of hops.
        """
        if not self._repairs:
            return weighted_mean(self._weights, block)
        self._voices.examine(block)
        return self._mix(block)

    def _mix(self, block: Rows) -> Rows:
        rows = np.concatenate([self._history, block], axis=1)
        self._history = rows[:, -HOP:]
        mixed = self._mean(rows[:, :-HOP])
        mixed += self._correction(rows)
        self._last_weights = self._voices.block_weights
        if self._is_first:
            mixed = mixed[:, HOP:]
        self._is_first = False
        return mixed

    def flush(self, rest: Rows) -> Rows:
        """Returns the mix of the last samples, of any number. The next block starts anew."""
        if not self._repairs:
            return weighted_mean(self._weights, rest)
        missing = -rest.shape[1] % HOP
        padding = ((0, 0), (0, missing + HOP))
        padded = np.pad(rest, padding)
        mixed = self._mix(padded)
        self._start()
        length = mixed.shape[1] - missing
        return mixed[:, :length]

    def _mean(self, rows: Rows) -> Rows:
        """Returns the weighted mean of the last block's end and the block, in one row.

        Where the weights change, the mean fades from one to the other in the block's first hop.
        """
        weights = self._voices.block_weights
        mean = weighted_mean(weights, rows)
        if weights is not self._last_weights:
            fading = slice(0, len(FADE))
            faded_rows = rows[:, fading]
            before = weighted_mean(self._last_weights, faded_rows)
            after = mean[:, fading]
            difference = after - before
            mean[:, fading] = before + FADE * difference
        return mean

    def _correction(self, rows: Rows) -> Rows:
        """Returns what is to be added to the mean of all rows but the last hop."""
        correction = None
        if self._voices.block_weights is self._weights:
            correction = self._repair.correction(rows)
        if correction is None:
            correction = np.zeros(rows.shape[1], np.float32)
        correction[:HOP] += self._last_correction
        self._last_correction = correction[-HOP:]
        return correction[:-HOP]
