"""The sentences of all chunks in recording time, and their words."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise

from functions.finalize.formats.text import one_line
from shared.model.artifacts import Aligned, AlignedSegment, AlignedWord, Chunk, Timing
from shared.model.intervals import inside
from shared.model.transcript import Suspect

INSTANT = 0.001
"""Seconds. A word of no length is looked up as if it lasted that long."""


@dataclass(frozen=True)
class Placed:
    """A word in recording time."""

    word: str
    start: float
    end: float
    score: float | None
    confidence: float | None
    timing: Timing

    @property
    def audible_end(self) -> float:
        return max(self.end, self.start + INSTANT)


@dataclass(frozen=True)
class Sentence:
    """What the aligner calls a segment, in recording time. The words of a doubted one are not
    placed."""

    start: float
    end: float
    channel: int | None
    decoded: AlignedSegment
    words: tuple[Placed, ...] = ()

    @property
    def language(self) -> str | None:
        return self.decoded.language

    @property
    def doubted(self) -> bool:
        return bool(self.decoded.quality_flags)


def place(chunks: Sequence[Chunk], aligned: Sequence[Aligned]) -> list[Sentence]:
    """All sentences, channel by channel. Each word is inside its chunk and starts no earlier than
    the one before ends.

    Where times disagree with the order of reading, the order stands and the times give way.
    """
    found = list(zip(chunks, aligned, strict=True))
    channels = dict.fromkeys(chunk.channel for chunk in chunks)
    return [
        sentence
        for channel in channels
        for sentence in in_order(
            (chunk, words) for chunk, words in found if chunk.channel == channel
        )
    ]


def in_order(found: Iterable[tuple[Chunk, Aligned]]) -> list[Sentence]:
    """One channel's sentences."""
    sentences: list[Sentence] = []
    places: list[tuple[int, Placed]] = []
    clock = 0.0
    for chunk, words in found:
        first = len(sentences)
        sentences += (in_recording(chunk, segment) for segment in words.segments)
        for word in sorted(words.words, key=lambda word: word.segment):
            if not sentences[first + word.segment].doubted:
                placed = place_word(chunk, word, clock)
                clock = placed.start
                places.append((first + word.segment, placed))
    return list(with_words(sentences, places))


def in_recording(chunk: Chunk, segment: AlignedSegment) -> Sentence:
    start = inside(chunk, chunk.start + segment.start)
    end = max(start, inside(chunk, chunk.start + segment.end))
    return Sentence(start, end, chunk.channel, segment)


def place_word(chunk: Chunk, word: AlignedWord, earliest: float) -> Placed:
    start = max(earliest, inside(chunk, chunk.start + word.start))
    end = max(start, inside(chunk, chunk.start + word.end))
    moved = (
        abs(start - chunk.start - word.start) > INSTANT
        or abs(end - chunk.start - word.end) > INSTANT
    )
    return Placed(
        word.word, start, end, word.score, word.confidence, "clamped" if moved else word.timing
    )


def with_words(
    sentences: Sequence[Sentence], places: Sequence[tuple[int, Placed]]
) -> Iterator[Sentence]:
    """The sentences, each with its words, which end where the next one starts at the latest."""
    cut = [
        (index, ended(word, following.start)) for (index, word), (_, following) in pairwise(places)
    ] + [*places[-1:]]
    words = {
        index: tuple(word for _, word in members)
        for index, members in groupby(cut, key=lambda place: place[0])
    }
    return (
        replace(sentence, words=words.get(index, ())) for index, sentence in enumerate(sentences)
    )


def ended(word: Placed, limit: float) -> Placed:
    return replace(word, end=limit, timing="clamped") if word.end > limit else word


def suspects(heard: Iterable[Sentence]) -> list[Suspect]:
    """The sentences that probably nobody said, in order of time."""
    doubted = (
        Suspect(
            start=sentence.start,
            end=sentence.end,
            text=one_line(sentence.decoded.text),
            language=sentence.language,
            channel=sentence.channel,
            reasons=sentence.decoded.quality_flags,
        )
        for sentence in heard
        if sentence.doubted
    )
    return sorted(doubted, key=lambda suspect: suspect.start)
