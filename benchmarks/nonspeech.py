"""Sounds without speech in which Whisper hallucinates words.

They are synthesized from fixed seeds, in mono at 16 kHz, with samples from -1 to 1.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter  # type: ignore[import-untyped]

from benchmarks.evaluation.noise import length, normal, pink, tone, white
from benchmarks.evaluation.voices import RATE

Sound = NDArray[np.float32]

LOUDNESS = np.float32(0.05)
"""Root mean square of the sounds that are not meant to be faint."""
VOWELS: Mapping[str, Sequence[float]] = {
    "a": (730, 1090, 2440),
    "o": (570, 840, 2410),
    "e": (530, 1840, 2480),
}
"""Formants, in Hz."""
BANDWIDTHS = (80.0, 100.0, 150.0)
"""Bandwidths of the formants, in Hz."""
GLOTTAL_PULSE = np.exp(-np.arange(80) / 20)
"""Waveform of one pulse of the vocal folds."""
MAJOR_SCALE = (0, 2, 4, 5, 7, 9, 11, 12)
"""Semitones above the lowest note."""


def silence(seconds: float) -> Sound:
    return np.zeros(length(seconds), np.float32)


def faint_noise(seconds: float) -> Sound:
    """Returns a quiet room, recorded with a good microphone."""
    return white(seconds, 7) * np.float32(0.003)


def loud_noise(seconds: float) -> Sound:
    return white(seconds, 7) * np.float32(0.1)


def pink_noise(seconds: float) -> Sound:
    return pink(seconds, 3) * LOUDNESS


def pure_tone(seconds: float) -> Sound:
    return tone(seconds) * np.float32(0.07)


def music(seconds: float, seed: int) -> Sound:
    """Returns plucked chords, one after the other."""
    random = np.random.default_rng(seed)
    sound = np.zeros(length(seconds))
    start = 0
    while start < len(sound):
        chord_seconds = random.choice([0.25, 0.5, 1.0])
        samples = min(length(chord_seconds), len(sound) - start)
        chord = sound[start : start + samples]
        for semitones in random.choice(MAJOR_SCALE, 3, replace=False):
            frequency = 220 * 2 ** (semitones / 12)
            chord += plucked_note(frequency, samples)
        start += samples
    return normal(sound) * LOUDNESS


def plucked_note(frequency: float, samples: int) -> Sound:
    """Returns a note of a plucked string; `frequency` is in Hz."""
    time = np.arange(samples) / RATE
    note = np.zeros(samples)
    for harmonic in range(1, 7):
        phase = 2 * np.pi * frequency * harmonic * time
        note += np.sin(phase) / harmonic**1.3
    decay = np.exp(-2.5 * time)
    return np.asarray(note * decay, np.float32)


def laughter(
    seconds: float, seed: int, pitch: float = 240.0, breath: float = 0.2, vowel: str = "a"
) -> Sound:
    """Returns laughter: bouts of three to seven bursts, five per second.

    Each burst of a bout is lower and softer than the one before. `pitch` is in Hz, `breath` is the
    loudness of the noise in the voice.
    """
    random = np.random.default_rng(seed)
    sound = random.normal(0, 0.005, length(seconds))
    start = 0.1
    while start < seconds - 0.5:
        burst_pitch = pitch * random.uniform(0.85, 1.25)
        loudness = 1.0
        for _ in range(random.integers(3, 8)):
            burst_seconds = random.uniform(0.07, 0.12)
            burst = voiced_burst(random, burst_pitch, burst_seconds, breath, vowel)
            burst = burst * np.float32(loudness)
            rest = sound[length(start) :]
            rest[: len(burst)] += burst[: len(rest)]
            start += random.uniform(0.19, 0.23)
            burst_pitch *= 0.97
            loudness *= 0.88
        start += random.uniform(0.1, 0.5)
    return normal(sound) * LOUDNESS


def voiced_burst(
    random: np.random.Generator, pitch: float, seconds: float, breath: float, vowel: str
) -> Sound:
    """Returns one burst of a voice with falling pitch, at a fixed loudness."""
    samples = length(seconds)
    frequency = pitch * np.linspace(1.1, 0.9, samples)
    cycles = np.floor(np.cumsum(frequency / RATE))
    pulses = np.diff(cycles, prepend=0.0)
    voice = np.convolve(pulses, GLOTTAL_PULSE, "same")
    sound = voice + breath * random.normal(0, 0.3, samples)
    for formant, bandwidth in zip(VOWELS[vowel], BANDWIDTHS, strict=True):
        sound = resonate(sound, formant, bandwidth)
    envelope = np.hanning(samples).astype(np.float32)
    return normal(sound) * envelope


def resonate(sound: NDArray[np.float64], frequency: float, bandwidth: float) -> NDArray[np.float64]:
    """Returns the sound after a resonance; both parameters are in Hz."""
    radius = np.exp(-np.pi * bandwidth / RATE)
    angle = 2 * np.pi * frequency / RATE
    feedback = [1.0, -2 * radius * np.cos(angle), radius**2]
    return np.asarray(lfilter([1 - radius], feedback, sound))
