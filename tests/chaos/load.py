"""The recordings of a load, and how each must be answered."""

import random
from dataclasses import dataclass

from shared.model.contracts import Source
from tests.chaos.engines import LANGUAGE_OF_THE_BROKEN, SPEAKERS_OF_THE_BROKEN
from tests.support.recordings import speech, wav

BROKEN = 0.05
"""Share of the recordings that are none, and must be answered with a problem."""
SECONDS_WITH_SPEECH = 9
"""Length from which the recordings contain speech, without which engines are not called."""
MARKS: tuple[dict[str, str], ...] = (
    {},
    {"max-speakers": str(SPEAKERS_OF_THE_BROKEN)},
    {},
    {"language": LANGUAGE_OF_THE_BROKEN, "keep-audio": "false"},
    {},
    {"keep-audio": "false"},
)
"""Options of one recording after the other: those that cannot be diarized or aligned at first, and
those whose audio is to be deleted."""


@dataclass(frozen=True)
class Recording:
    seconds: int
    broken: bool
    options: dict[str, str]

    @property
    def missing(self) -> str | None:
        """Code of the warning that the answer has until the engines are mended."""
        if self.broken:
            return None
        if "max-speakers" in self.options:
            return "speakers_unknown"
        return "alignment_failed" if self.options["language"] == LANGUAGE_OF_THE_BROKEN else None

    @property
    def keeps_audio(self) -> bool:
        return self.broken or "keep-audio" not in self.options

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
    generations: int
    """How often the recording was uploaded under its name."""


def made(dice: random.Random, number: int, *, real: bool) -> Recording:
    marks = {"model": "base"} if real else MARKS[number % len(MARKS)]
    options = {"language": "en"} | marks
    shortest = SECONDS_WITH_SPEECH if marks else 2
    return Recording(dice.randint(shortest, 12), dice.random() < BROKEN, options)
