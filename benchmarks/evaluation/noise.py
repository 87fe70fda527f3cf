"""What is heard besides speech, each with a root mean square of 1 and repeatable from its seed."""

from collections.abc import Iterable
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks.evaluation.voices import RATE, Samples, Split, decoded, half

MAINS = 50.0
"""Hz."""
CROWD = 12
"""Voices in a babble: none of them can be followed."""


def white(seconds: float, seed: int) -> Samples:
    generator = np.random.default_rng(seed)
    sound = generator.standard_normal(length(seconds))
    return normal(sound)


def pink(seconds: float, seed: int) -> Samples:
    """Equal power in every octave from 20 Hz."""
    samples = length(seconds)
    generator = np.random.default_rng(seed)
    sound = generator.standard_normal(samples)

    spectrum = np.fft.rfft(sound)
    frequency = np.fft.rfftfreq(samples, 1 / RATE)
    audible = np.maximum(frequency, 20)
    spectrum = spectrum / np.sqrt(audible)
    filtered = np.fft.irfft(spectrum, samples)
    return normal(filtered)


def hum(seconds: float) -> Samples:
    """A badly earthed cable: the mains and its harmonics."""
    samples = length(seconds)
    time = np.arange(samples) / RATE
    total = np.zeros(samples)
    for harmonic in range(1, 9):
        angle = 2 * np.pi * MAINS * harmonic * time
        wave = np.sin(angle)
        total += wave / harmonic
    return normal(total)


def tone(seconds: float, frequency: float = 440.0) -> Samples:
    samples = np.arange(length(seconds))
    angle = 2 * np.pi * frequency * samples / RATE
    wave = np.sin(angle)
    return normal(wave)


def babble(seconds: float, sounds: Iterable[Samples]) -> Samples:
    """Many people at once; takes from `sounds` what it needs."""
    voices, source = np.zeros((CROWD, length(seconds)), np.float32), iter(sounds)
    for voice in voices:
        filled = 0
        while filled < len(voice):
            sound = next(source)[: len(voice) - filled]
            voice[filled : filled + len(sound)] = sound
            filled += len(sound)
    return normal(voices.sum(axis=0))


def music(packages: Path, split: Split) -> list[Path]:
    """Pieces without singing, of one half of the data."""
    folder = packages / "fillets-ng-data/usr/share/games/fillets-ng/music"
    files = folder.glob("*.ogg")
    pieces = sorted(files)
    return [piece for piece in pieces if half(piece) == split]


def played(piece: Path, seconds: float) -> Samples:
    """From the beginning, repeated if it is too short."""
    once = whole(piece)
    samples = length(seconds)
    repeated = np.resize(once, samples)
    return normal(repeated)


@cache
def whole(piece: Path) -> Samples:
    return decoded(piece)


def normal(sound: np.ndarray) -> Samples:
    squares = np.square(sound, dtype=np.float64)
    power = np.mean(squares)
    loudness = np.sqrt(power)
    return np.asarray(sound / loudness, np.float32)


def length(seconds: float) -> int:
    return round(seconds * RATE)


def with_noise(speech: Samples, noise: Samples, ratio: float) -> Samples:
    """Speech with noise `ratio` dB below the mean power of the speech, the gaps between it left
    out."""
    sounding = speech[speech != 0]
    squares = np.square(sounding, dtype=np.float64)
    power = np.mean(squares)
    noise_power = power / 10 ** (ratio / 10)
    gain = np.sqrt(noise_power)
    background = noise * gain
    return np.asarray(speech + background, np.float32)
