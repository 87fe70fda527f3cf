"""The words of all chunks in recording time, and who says each."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from math import isfinite

from functions.finalize.intervals import inside
from functions.finalize.turns import Floor
from shared.speech import Aligned, AlignedWord, Region, Timing
from shared.transcript import Overlap, Word

INSTANT = 0.001
"""Seconds. A word of no length is looked up as if it lasted that long."""


@dataclass(frozen=True)
class Placed:
    """A word in recording time."""

    start: float
    end: float
    timing: Timing
    segment: int
    """Index into the segments of all chunks together."""
    language: str | None
    heard: AlignedWord


def place_words(chunks: Sequence[Region], aligned: Sequence[Aligned]) -> list[Placed]:
    """All words as read, each inside its chunk, none starting before the end of the one it follows.

    Where times disagree with the order of reading, the order stands and the times give way.
    """
    placed: list[Placed] = []
    segments, clock = 0, 0.0
    for chunk, found in zip(chunks, aligned, strict=True):
        for word in found.words:
            clock = max(clock, inside(chunk, chunk.start + word.start))
            end = max(clock, inside(chunk, chunk.start + word.end))
            moved = abs(clock - chunk.start - word.start) > INSTANT or abs(end - chunk.start - word.end) > INSTANT
            timing: Timing = "clamped" if moved else word.timing
            placed.append(Placed(clock, end, timing, segments + word.segment, found.language, word))
        segments += len(found.segments)
    return [cut(word, following.start) for word, following in pairwise(placed)] + placed[-1:]


def cut(word: Placed, limit: float) -> Placed:
    return replace(word, end=limit, timing="clamped") if word.end > limit else word


def attribute(placed: Sequence[Placed], floor: Floor, overlaps: Sequence[Overlap]) -> list[Word]:
    """Give each word its speaker."""
    starts, ends = [one.start for one in overlaps], [one.end for one in overlaps]
    words = []
    for index, word in enumerate(placed):
        end = max(word.end, word.start + INSTANT)
        speaker, share = floor.during(word.start, end) or (None, None)
        mixed = bisect_right(ends, word.start) < bisect_left(starts, end)
        words.append(as_word(index, word, speaker, share, mixed))
    return words


def as_word(index: int, word: Placed, speaker: str | None, share: float | None, mixed: bool) -> Word:
    return Word(
        id=index,
        word=word.heard.word,
        start=word.start,
        end=word.end,
        score=rounded(word.heard.score),
        confidence=rounded(word.heard.confidence),
        timing=word.timing,
        speaker=speaker,
        speaker_confidence=rounded(share),
        overlap=mixed,
        channel=None,
        language=word.language,
    )


def rounded(number: float | None) -> float | None:
    """To four decimals. What is no number, as some aligners score, is null."""
    return None if number is None or not isfinite(number) else round(number, 4)
