"""Finds voices on a quiet channel that another channel drowns in the mix."""

import numpy as np
from numpy.typing import NDArray

from functions.prepare.cancellation import Weights
from functions.prepare.full_scale import to_integers
from functions.prepare.sample_buffer import Rows
from functions.prepare.vad import MIN_SPEECH, ONSET, LevelledVad
from shared.model.artifacts import SAMPLE_RATE
from shared.model.audio import FULL_SCALE

MAX_SHARE = 0.25
"""A channel that gives less than this fraction of the mix's power may be drowned in it. Listening
takes 7 s of a core for an hour of each such channel."""
MIN_LEVEL = 1e-4
"""Root mean square (3 steps of 16 bits) of a channel that may hold a voice."""


class MaskedVoices:
    """Listens to the quiet channels of a stream of blocks, and to the mean of all channels.

    Where a channel has speech and the mean has none, mixing the channel alone loses no speech.
    """

    def __init__(self, weights: Weights) -> None:
        self.masked_seconds = 0.0
        """Seconds of the blocks in which a voice was drowned."""
        self.block_weights = weights
        """Weights with which to mix the last block."""
        self._weights = weights
        self._mean_vad = LevelledVad()
        self._channel_vads = [LevelledVad() for _ in weights]

    def examine(self, block: Rows) -> None:
        """Choose the weights for a block, which is a whole number of the detector's windows."""
        self.block_weights = self._weights
        quiet_channels = self._quiet_channels(block)
        if not quiet_channels:
            return
        mean = self._weights @ block
        mean_has_speech = has_speech(self._mean_vad, mean)
        speaking = []
        for channel in quiet_channels:
            vad = self._channel_vads[channel]
            samples = block[channel]
            if has_speech(vad, samples):
                speaking.append(channel)
        if speaking and not mean_has_speech:
            length = block.shape[1]
            self.masked_seconds += length / SAMPLE_RATE
            self.block_weights = only(speaking, self._weights)

    def _quiet_channels(self, block: Rows) -> list[int]:
        """Returns the channels that hold sound, but little of the power of all."""
        levels = block.std(axis=1)
        weighted = self._weights * levels
        powers = weighted**2
        is_quiet = powers < MAX_SHARE * powers.sum()
        has_sound = levels > MIN_LEVEL
        numbers = np.flatnonzero(is_quiet & has_sound)
        channels: list[int] = numbers.tolist()
        return channels


def has_speech(vad: LevelledVad, samples: NDArray[np.float32]) -> bool:
    integers = to_integers(samples * FULL_SCALE)
    probabilities = vad.probabilities(integers)
    is_speech = probabilities >= ONSET
    windows = int(is_speech.sum())
    return windows >= MIN_SPEECH


def only(channels: list[int], weights: Weights) -> Weights:
    """Returns the weights of these channels, scaled to add up to 1, and 0 for the others."""
    chosen = np.zeros_like(weights)
    chosen[channels] = weights[channels]
    total = chosen.sum()
    scaled: Weights = chosen / total
    return scaled
