"""Probabilities of speech -> chunks and spans, cut where nobody speaks. All positions are
samples."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import ceil

import numpy as np
from numpy.typing import NDArray

from functions.prepare.vad import WINDOW, Stretch, Talk
from shared.model.artifacts import SAMPLE_RATE

MOST_CHUNKS = 200
LONGEST_CHUNK = 300 * SAMPLE_RATE
PAD = 200 * SAMPLE_RATE // 1000
"""Kept on both sides of speech; two neighbours closer than twice that meet in the middle."""
EARLIEST = 0.75
"""A chunk is cut in the last quarter before its target."""
SLACK = 0.9
"""What the chunks must last on average, of their target, to be no more than allowed."""
GRID = SAMPLE_RATE // 1000
"""Cuts fall on whole milliseconds, so that times on the wire are exact."""


@dataclass(frozen=True)
class Cut:
    """Where a chunk ends, and the length of the silence around it: none when it is inside
    speech."""

    at: int
    silence: int


@dataclass(frozen=True)
class Piece:
    """A chunk to be. `speech` is padded and inside it."""

    start: int
    end: int
    speech: tuple[Stretch, ...]
    silence: int
    """Around its end."""
    inside_speech: bool = False
    """Its end had to be cut where someone speaks."""


@dataclass(frozen=True)
class Reach:
    """Between which samples a chunk should end."""

    earliest: int
    target: int


class Cutter:
    """Cuts the recording into pieces that follow each other without a gap, as its probabilities
    come in.

    A recording of up to `most` x 300 s gets at most `most` pieces, if its length is known from the
    beginning, and no piece is longer than 300 s. So the target grows with the length that is
    expected of the recording.
    """

    def __init__(self, chunk_seconds: float, most: int = MOST_CHUNKS) -> None:
        self._least_target = on_grid(chunk_seconds * SAMPLE_RATE)
        self._most_pieces = most
        self._talk = Talk()
        self._probabilities: list[float] = []
        self._first = 0
        self._start = 0
        self._now = 0
        self._made = 0

    def push(self, probabilities: NDArray[np.float32], expected: float) -> Iterator[Piece]:
        """Take the next windows' probabilities; `expected` is the length of the recording in
        seconds, as far as known.

        A piece is cut once a quarter more than it is there, so that the rest is no splinter.
        """
        self._talk.push(probabilities)
        self._probabilities.extend(probabilities.tolist())
        self._now += len(probabilities) * WINDOW
        while self._now - self._start > self._most(reach := self._reach(expected * SAMPLE_RATE)):
            yield self._cut(reach)

    def finish(self, length: int) -> Iterator[Piece]:
        """The rest of a recording of this many samples."""
        while length - self._start > min(self._most(reach := self._reach(length)), LONGEST_CHUNK):
            yield self._cut(reach)
        yield self._piece(Cut(length, 0), length)

    def _reach(self, expected: float) -> Reach:
        needed = (expected - self._start) / max(1, self._most_pieces - self._made)
        target = min(LONGEST_CHUNK, max(self._least_target, on_grid(needed / SLACK)))
        earliest = min(target, max(EARLIEST * target, needed + GRID))
        return Reach(self._start + on_grid(earliest), self._start + target)

    def _most(self, reach: Reach) -> float:
        return (reach.target - self._start) * (2 - EARLIEST)

    def _cut(self, reach: Reach) -> Piece:
        found = longest_silence(self._talk.stretches(), self._now, reach)
        return self._piece(
            found or Cut(self._least_like_speech(reach), 0), self._now, inside_speech=found is None
        )

    def _least_like_speech(self, reach: Reach) -> int:
        """The middle of the window with the lowest probability."""
        first = reach.earliest // WINDOW
        windows = range(first, max(reach.target // WINDOW, first + 1))
        quietest = min(windows, key=lambda window: self._probabilities[window - self._first])
        return min(max(quietest * WINDOW + WINDOW // 2, reach.earliest), reach.target)

    def _piece(self, cut: Cut, known: int, *, inside_speech: bool = False) -> Piece:
        speech = clipped(padded(self._talk.stretches(), known), self._start, cut.at)
        piece = Piece(self._start, cut.at, tuple(speech), cut.silence, inside_speech)
        del self._probabilities[: cut.at // WINDOW - self._first]
        self._first, self._start, self._made = cut.at // WINDOW, cut.at, self._made + 1
        return piece


def on_grid(samples: float) -> int:
    return int(samples) // GRID * GRID


def longest_silence(stretches: Iterable[Stretch], known: int, reach: Reach) -> Cut | None:
    """The middle of the longest silence in reach, outside all padding."""
    found: list[tuple[int, int, int]] = []
    beyond = max(known, reach.target) + PAD
    for (_, begins), (ends, _) in pairwise([(0, -PAD), *stretches, (beyond, beyond)]):
        pad = min(PAD, (ends - begins) // 2)
        first, last = max(begins + pad, reach.earliest), min(ends - pad, reach.target)
        if first <= last:
            found.append((last - first, ends - begins, on_grid((first + last) / 2)))
    if not found:
        return None
    _, silence, at = max(found)
    return Cut(at, silence)


def padded(stretches: Iterable[Stretch], length: int) -> list[Stretch]:
    """Each with PAD more on both sides; neighbours that would overlap meet in the middle."""
    wide = [[max(0, begins - PAD), min(length, ends + PAD)] for begins, ends in stretches]
    for left, right in pairwise(wide):
        if left[1] > right[0]:
            left[1] = right[0] = (left[1] + right[0]) // 2
    return [(begins, ends) for begins, ends in wide]


def clipped(stretches: Iterable[Stretch], start: int, end: int) -> list[Stretch]:
    inside = ((max(begins, start), min(ends, end)) for begins, ends in stretches)
    return [(begins, ends) for begins, ends in inside if begins < ends]


class Splitter:
    """Gathers pieces into spans, which end at the longest silence that keeps them about equally
    long."""

    def __init__(self, span_seconds: float) -> None:
        self._longest = int(span_seconds * SAMPLE_RATE)
        self._start = 0
        self._ends: list[Cut] = []

    def push(self, piece: Piece, expected: float) -> Iterator[Stretch]:
        """Take the next piece of a recording that is expected to last so many seconds."""
        share, most = self._sizes(max(expected * SAMPLE_RATE, piece.end))
        while self._ends and piece.end - self._start > most:
            late = [end for end in self._ends if end.at - self._start >= EARLIEST * share]
            yield self._span(max(late or self._ends[-1:], key=lambda end: end.silence))
        self._ends.append(Cut(piece.end, piece.silence))

    def finish(self) -> Stretch:
        """The last span."""
        return self._span(self._ends[-1])

    def _sizes(self, expected: float) -> tuple[float, float]:
        """What a span should last, and what it may."""
        rest = expected - self._start
        share = rest / ceil(rest / self._longest)
        return share, min(self._longest, share * (2 - EARLIEST))

    def _span(self, end: Cut) -> Stretch:
        span = self._start, end.at
        self._start = end.at
        self._ends = [later for later in self._ends if later.at > end.at]
        return span
