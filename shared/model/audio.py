"""Work audio: mono signed 16-bit PCM in WAV files, and its samples in memory."""

import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
"""Mono samples at SAMPLE_RATE, from -1 to 1; shape (samples,)."""
FULL_SCALE = np.float32(2**15)


def read_wav(path: Path) -> Samples:
    """Returns the samples of a mono WAV file with signed 16-bit samples."""
    with wave.open(str(path)) as file:
        count = file.getnframes()
        frames = file.readframes(count)
    integers = np.frombuffer(frames, "<i2")
    samples = integers.astype(np.float32)
    return samples / FULL_SCALE
