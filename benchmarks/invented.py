"""Sounds in which nobody says a word, but in which Whisper hears some. Made anew from their seeds,
peaks below 1."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter  # type: ignore[import-untyped]

from benchmarks.evaluation.noise import length, normal, pink, tone, white
from benchmarks.evaluation.voices import RATE

Sound = NDArray[np.float32]

LOUDNESS = np.float32(0.05)
"""Root mean square of whatever is not meant to be faint."""
VOWELS: Mapping[str, Sequence[float]] = {
    "a": (730, 1090, 2440),
    "o": (570, 840, 2410),
    "e": (530, 1840, 2480),
}
"""Formants, in Hz."""
BANDWIDTHS = (80.0, 100.0, 150.0)
"""Of the formants, in Hz."""
GLOTTIS = np.exp(-np.arange(80) / 20)
"""The shape of one pulse of the vocal folds."""
SCALE = (0, 2, 4, 5, 7, 9, 11, 12)
"""Semitones of a major scale."""


def silence(seconds: float) -> Sound:
    return np.zeros(length(seconds), np.float32)


def faint_noise(seconds: float) -> Sound:
    """A quiet room, with a good microphone."""
    return white(seconds, 7) * np.float32(0.003)


def loud_noise(seconds: float) -> Sound:
    return white(seconds, 7) * np.float32(0.1)


def pink_noise(seconds: float) -> Sound:
    return pink(seconds, 3) * LOUDNESS


def pure_tone(seconds: float) -> Sound:
    return tone(seconds) * np.float32(0.07)


def music(seconds: float, seed: int) -> Sound:
    """Plucked chords, one after the other."""
    draw = np.random.default_rng(seed)
    sound = np.zeros(length(seconds))
    at = 0
    while at < len(sound):
        lasting = min(length(draw.choice([0.25, 0.5, 1.0])), len(sound) - at)
        for step in draw.choice(SCALE, 3, replace=False):
            sound[at : at + lasting] += plucked(220 * 2 ** (step / 12), lasting)
        at += lasting
    return normal(sound) * LOUDNESS


def plucked(frequency: float, samples: int) -> Sound:
    """Returns a string's note of that frequency in Hz."""
    time = np.arange(samples) / RATE
    note = np.zeros(samples)
    for harmonic in range(1, 7):
        note += np.sin(2 * np.pi * frequency * harmonic * time) / harmonic**1.3
    return np.asarray(note * np.exp(-2.5 * time), np.float32)


def laughter(
    seconds: float, seed: int, pitch: float = 240.0, breath: float = 0.2, vowel: str = "a"
) -> Sound:
    """Bouts of three to seven bursts, five a second, each lower and softer than the one before.
    `pitch` is in Hz."""
    draw = np.random.default_rng(seed)
    sound = draw.normal(0, 0.005, length(seconds))
    at = 0.1
    while at < seconds - 0.5:
        height, force = pitch * draw.uniform(0.85, 1.25), 1.0
        for _ in range(draw.integers(3, 8)):
            burst = voiced(draw, height, draw.uniform(0.07, 0.12), breath, vowel) * np.float32(
                force
            )
            rest = sound[length(at) :]
            rest[: len(burst)] += burst[: len(rest)]
            at += draw.uniform(0.19, 0.23)
            height, force = height * 0.97, force * 0.88
        at += draw.uniform(0.1, 0.5)
    return normal(sound) * LOUDNESS


def voiced(
    draw: np.random.Generator, pitch: float, seconds: float, breath: float, vowel: str
) -> Sound:
    """Returns one burst of a voice with breath in it, as loud as any other."""
    samples = length(seconds)
    falling = pitch * np.linspace(1.1, 0.9, samples)
    cycles = np.floor(np.cumsum(falling / RATE))
    pulses = np.diff(cycles, prepend=0.0)
    source = np.convolve(pulses, GLOTTIS, "same") + breath * draw.normal(0, 0.3, samples)
    for frequency, width in zip(VOWELS[vowel], BANDWIDTHS, strict=True):
        source = resonated(source, frequency, width)
    return normal(source) * np.hanning(samples).astype(np.float32)


def resonated(source: NDArray[np.float64], frequency: float, width: float) -> NDArray[np.float64]:
    """Returns the sound after a resonance at that frequency, both in Hz."""
    radius = np.exp(-np.pi * width / RATE)
    angle = 2 * np.pi * frequency / RATE
    feedback = [1.0, -2 * radius * np.cos(angle), radius**2]
    return np.asarray(lfilter([1 - radius], feedback, source))
