"""The sound of a chunk, and its speech cut to what Whisper can hear at once."""

import wave
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from shared.model.artifacts import SAMPLE_RATE, Interval

Audio = NDArray[np.float32]
"""Mono samples at SAMPLE_RATE, from -1 to 1."""

LONGEST = 30.0
"""Seconds in Whisper's window."""
FRAME = SAMPLE_RATE // 50


def samples(audio: Path) -> Audio:
    """A WAV file of signed 16-bit samples."""
    with wave.open(str(audio)) as file:
        return np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(
            np.float32
        ) / np.float32(32768)


def part(audio: Audio, stretch: Interval) -> Audio:
    """The samples of the stretch."""
    return audio[int(stretch.start * SAMPLE_RATE) : int(stretch.end * SAMPLE_RATE)]


def loudest(audio: Audio) -> float:
    """Returns the largest sample, from 0 to 1; 0 of no samples."""
    return float(np.abs(audio).max(initial=0.0))


def fitting(speech: Iterable[Interval], audio: Audio) -> Iterator[Interval]:
    """The regions, within the audio; one longer than a window is cut where a window's second half
    is quietest."""
    for region in speech:
        start, end = region.start, min(region.end, len(audio) / SAMPLE_RATE)
        while end - start > LONGEST:
            cut = quietest(audio, start + LONGEST / 2, start + LONGEST)
            yield Interval(start=start, end=cut)
            start = cut
        if start < end:
            yield Interval(start=start, end=end)


def quietest(audio: Audio, start: float, end: float) -> float:
    """The middle of the quietest fifth of a second, in seconds."""
    samples = part(audio, Interval(start=start, end=end))
    frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME)
    loudness = np.convolve((frames**2).mean(axis=1), np.ones(10), mode="valid")
    return start + (int(loudness.argmin()) + 5) * FRAME / SAMPLE_RATE
