"""The recordings of a load, and how each must be answered."""

import random
from dataclasses import dataclass

from shared.model.contracts import Source
from tests.support.recordings import speech, wav

BROKEN = 0.05
"""Share of the recordings that are none, and must be answered with a problem."""


@dataclass(frozen=True)
class Recording:
    seconds: int
    broken: bool
    options: dict[str, str]

    @property
    def data(self) -> bytes:
        sound = wav(speech()[: self.seconds * 16_000])
        return b"%PDF-1.7" + sound if self.broken else sound

    @property
    def kind(self) -> tuple[object, ...]:
        """Recordings of one kind have one answer."""
        return self.seconds, self.broken, *sorted(self.options.items())


@dataclass(frozen=True)
class Upload:
    source: Source
    recording: Recording


def made(dice: random.Random, *, real: bool) -> Recording:
    options = {"language": "en"} | ({"model": "base"} if real else {})
    return Recording(dice.randint(2, 12), dice.random() < BROKEN, options)
