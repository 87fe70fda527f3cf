"""Decoded frames of any lengths, as a demuxer might cut them."""

from collections.abc import Sequence
from itertools import cycle
from typing import Any

import av
import numpy as np

from tests.support.audio_files import Samples
from tests.support.recordings import RATE


def frames_of(samples: Samples, lengths: Sequence[int]) -> list[Any]:
    """Returns stereo samples, a row per channel, in frames of these lengths, repeated."""
    frames: list[Any] = []
    start = 0
    for length in cycle(lengths):
        part = samples[:, start : start + length]
        if not part.size:
            return frames
        interleaved = np.ascontiguousarray(part.T).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(interleaved, "s16", "stereo")
        frame.sample_rate = RATE
        frame.pts = start
        frames.append(frame)
        start += length
    return frames
