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
    return normal(np.random.default_rng(seed).standard_normal(length(seconds)))


def pink(seconds: float, seed: int) -> Samples:
    """Equal power in every octave from 20 Hz."""
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(length(seconds)))
    frequency = np.fft.rfftfreq(length(seconds), 1 / RATE)
    return normal(np.fft.irfft(spectrum / np.sqrt(np.maximum(frequency, 20)), length(seconds)))


def hum(seconds: float) -> Samples:
    """A badly earthed cable: the mains and its harmonics."""
    time = np.arange(length(seconds)) / RATE
    return normal(
        sum((np.sin(2 * np.pi * MAINS * n * time) / n for n in range(1, 9)), np.zeros(len(time)))
    )


def tone(seconds: float, frequency: float = 440.0) -> Samples:
    return normal(np.sin(2 * np.pi * frequency * np.arange(length(seconds)) / RATE))


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
    pieces = sorted((packages / "fillets-ng-data/usr/share/games/fillets-ng/music").glob("*.ogg"))
    return [piece for piece in pieces if half(piece) == split]


def played(piece: Path, seconds: float) -> Samples:
    """From the beginning, repeated if it is too short."""
    return normal(np.resize(whole(piece), length(seconds)))


@cache
def whole(piece: Path) -> Samples:
    return decoded(piece)


def normal(sound: np.ndarray) -> Samples:
    return np.asarray(sound / np.sqrt(np.mean(np.square(sound, dtype=np.float64))), np.float32)


def length(seconds: float) -> int:
    return round(seconds * RATE)


def with_noise(speech: Samples, noise: Samples, ratio: float) -> Samples:
    """Speech with noise `ratio` dB below the mean power of the speech, the gaps between it left
    out."""
    power = np.mean(np.square(speech[speech != 0], dtype=np.float64))
    return np.asarray(speech + noise * np.sqrt(power / 10 ** (ratio / 10)), np.float32)
