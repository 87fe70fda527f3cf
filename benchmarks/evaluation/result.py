"""What a system made of a recording, and the ratio that a measure gives."""

from dataclasses import dataclass
from typing import NamedTuple


@dataclass(frozen=True)
class Word:
    word: str
    start: float | None = None
    end: float | None = None
    speaker: str | None = None
    """Whose word it is taken to be."""
    speakers: tuple[str, ...] = ()
    """Who speaks in it, as the system says. Empty: it does not say."""
    timing: str | None = None
    """`aligned` when an aligner placed it."""
    language: str | None = None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Seconds of start and end; None if one of them is missing."""
        if self.start is None or self.end is None:
            return None
        return self.start, self.end


class Turn(NamedTuple):
    start: float
    end: float
    speaker: str


@dataclass(frozen=True)
class Result:
    """What a system made of a recording."""

    words: tuple[Word, ...] = ()
    """In the system's order."""
    turns: tuple[Turn, ...] = ()
    """Two may speak at once."""
    language: str | None = None
    wall: float = 0.0
    """Seconds from the sound file to the result, with all models loaded."""
    error: str | None = None
    """Why there is no result."""

    @property
    def intervals(self) -> list[tuple[float, float]]:
        """Seconds of start and end of each word that has both."""
        found = []
        for word in self.words:
            if word.interval is not None:
                found.append(word.interval)
        return found


class Ratio(NamedTuple):
    """A part of a whole. Ratios of many recordings are added, part to part and whole to whole."""

    part: float
    whole: float
