"""What a recogniser may have heard, and the sound it may have heard it in."""

import wave
from pathlib import Path

import numpy as np

from functions.align.sound import Sound
from shared.model.artifacts import SAMPLE_RATE, RecognizedSegment, RecognizedWord


def segment(
    start: float, end: float, text: str, avg_logprob: float = -0.2, language: str | None = "en"
) -> RecognizedSegment:
    """Words of 0.1 s, side by side from the beginning."""
    words = tuple(
        RecognizedWord(word=word, start=start + n / 10, end=start + (n + 1) / 10, probability=0.8)
        for n, word in enumerate(text.split())
    )
    return RecognizedSegment(
        start=start,
        end=end,
        language=language,
        text=text,
        avg_logprob=avg_logprob,
        compression_ratio=1.1,
        no_speech_prob=0.01,
        temperature=0.2,
        quality_flags=("improbable",),
        words=words,
    )


def heard_at(*stretches: tuple[float, float], seconds: float = 10, noise: float = 0.0005) -> Sound:
    """Loud in the stretches, faint noise elsewhere."""
    dice = np.random.default_rng(1)
    samples = dice.standard_normal(round(seconds * SAMPLE_RATE)).astype(np.float32) * np.float32(
        noise
    )
    for start, end in stretches:
        first, last = round(start * SAMPLE_RATE), round(end * SAMPLE_RATE)
        samples[first:last] += dice.standard_normal(last - first).astype(np.float32) * np.float32(
            0.1
        )
    return Sound(samples)


def silence(path: Path, seconds: float) -> Path:
    return written(path, Sound(np.zeros(round(seconds * SAMPLE_RATE), np.float32)))


def written(path: Path, sound: Sound) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, SAMPLE_RATE, 0, "NONE", ""))
        file.writeframes((np.clip(sound.samples, -1, 1) * 32767).astype("<i2").tobytes())
    return path
