"""A few stretches dense in speech from all over the recording, for telling its language. All
positions are samples."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import ceil

import numpy as np
from numpy.typing import NDArray

from functions.prepare.chunking import Piece, clipped
from functions.prepare.vad import Stretch
from shared.model.artifacts import SAMPLE_RATE

MOST = 5
LONGEST = 30 * SAMPLE_RATE
KEPT = 2 * MOST
"""Excerpts held at a time, so that memory does not grow with the recording."""


@dataclass(frozen=True)
class Excerpt:
    """A stretch that begins where speech begins."""

    start: int
    end: int
    spoken: int
    """Samples of speech in it."""
    sound: NDArray[np.int16] = field(repr=False, compare=False)


class Probe:
    """Collects excerpts as the recording goes by."""

    def __init__(self) -> None:
        self._kept: list[Excerpt] = []
        self._width = LONGEST

    def offer(self, piece: Piece, sound: NDArray[np.int16]) -> None:
        """Take what is worth keeping of a piece. When there is too much, twice as long a stretch
        keeps one."""
        for start, end, spoken in excerpts(piece.speech):
            excerpt = Excerpt(
                start, end, spoken, sound[start - piece.start : end - piece.start].copy()
            )
            self._kept = densest([*self._kept, excerpt], self._width)
            while len(self._kept) > KEPT:
                self._width *= 2
                self._kept = densest(self._kept, self._width)

    def chosen(self, length: int) -> list[Excerpt]:
        """The densest of each part of a recording of this many samples, then the densest of the
        rest; in order."""
        first = densest(self._kept, ceil(length / MOST))
        others = sorted((excerpt for excerpt in self._kept if excerpt not in first), key=by_speech)
        return sorted([*first, *others][:MOST], key=lambda excerpt: excerpt.start)


def by_speech(excerpt: Excerpt) -> int:
    """Most first."""
    return -excerpt.spoken


def densest(kept: Sequence[Excerpt], width: int) -> list[Excerpt]:
    """Of those that begin in the same stretch of this width, the one with most speech."""
    best: dict[int, Excerpt] = {}
    for excerpt in sorted(kept, key=by_speech):
        best.setdefault(excerpt.start // width, excerpt)
    return list(best.values())


def excerpts(speech: Sequence[Stretch]) -> Iterator[tuple[int, int, int]]:
    """Start, end and samples of speech of as many excerpts as fit one after the other."""
    while speech:
        start = speech[0][0]
        inside = clipped(speech, start, start + LONGEST)
        yield start, inside[-1][1], sum(ends - begins for begins, ends in inside)
        speech = [stretch for stretch in speech if stretch[0] >= start + LONGEST]
