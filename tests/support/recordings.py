"""Small recordings: real speech from an installed package, and silence, as WAV files."""

import importlib.util
import io
import wave
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE = 16_000
"""Hz."""


def sample() -> Path:
    """Returns pyannote.audio's phone call: 30 s, two speakers, who begin to speak at 6.7 s.

    Its reference transcripts are beside it: sample.rttm and sample.stm.
    """
    package = importlib.util.find_spec("pyannote.audio")
    assert package is not None and package.origin is not None
    return Path(package.origin).parent / "sample" / "sample.wav"


@cache
def speech() -> NDArray[np.int16]:
    """Returns the samples of the phone call."""
    with wave.open(str(sample())) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2")


def silence(seconds: float) -> NDArray[np.int16]:
    return np.zeros(int(seconds * RATE), np.int16)


def wav(samples: NDArray[np.int16], rate: int = RATE, channels: int = 1) -> bytes:
    """Returns a WAV file. Samples of more than one channel are interleaved."""
    output = io.BytesIO()
    with wave.open(output, "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i2").tobytes())
    return output.getvalue()
