"""People whose speech is a tone, for tests of how conversations are composed."""

from pathlib import Path

import numpy as np

from benchmarks.evaluation.people import Person
from benchmarks.evaluation.voices import RATE, Samples
from tests.support.recordings import wav


def tone(seconds: float, frequency: float) -> Samples:
    time = np.arange(round(seconds * RATE)) / RATE
    return np.asarray(0.3 * np.sin(2 * np.pi * frequency * time), np.float32)


def quiet(seconds: float) -> Samples:
    return np.zeros(round(seconds * RATE), np.float32)


def stored(path: Path, *parts: Samples) -> Path:
    path.write_bytes(wav((np.concatenate(parts) * 32767).astype("<i2")))
    return path


def person(home: Path, name: str, frequency: float, language: str = "en") -> Person:
    """Somebody with three recordings of a long, a short and a long sound."""
    sources: list[tuple[Path, str | None]] = []
    for number in range(3):
        spoken = tone(1.5 + number / 4, frequency), quiet(0.2), tone(0.4, frequency)
        path = home / f"{name}-{number}.wav"
        stored(path, quiet(0.5), *spoken, quiet(0.5), tone(1, frequency), quiet(0.5))
        sources.append((path, f"text {number} of {name}"))
    return Person(name, language, "unknown", tuple(sources))
