"""Captions of readable length: at most two lines of 42 characters, one to seven seconds, one
speaker."""

import textwrap
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from heapq import merge
from itertools import pairwise

from functions.finalize.formats.text import (
    CLAUSE_END,
    CLOSING,
    SENTENCE_END,
    one_line,
    pieces,
    space,
)
from shared.model.transcript import Segment, Transcript

LINES, WIDTH = 2, 42
SHORTEST, LONGEST = 1000, 7000
"""Milliseconds that a cue stands, where its neighbours leave room."""


@dataclass(frozen=True)
class Piece:
    """A word with what is written after it. Times in milliseconds."""

    text: str
    start: int
    end: int


@dataclass(frozen=True)
class Part:
    """Words of one speaker, of whom the label is known, that may become a cue."""

    speaker: str | None
    language: str | None
    pieces: Sequence[Piece]

    @property
    def text(self) -> str:
        return one_line("".join(piece.text for piece in self.pieces))

    @property
    def start(self) -> int:
        return self.pieces[0].start

    @property
    def end(self) -> int:
        return self.pieces[-1].end

    def legible(self) -> bool:
        """Whether it fits on the screen, with room for the label, which some formats write."""
        return len(lines(f"{self.speaker}: {self.text}" if self.speaker else self.text)) <= LINES


@dataclass(frozen=True)
class Cue:
    """What stands on the screen at once. Times in milliseconds."""

    start: int
    end: int
    speaker: str | None
    language: str | None
    text: str


def cues(transcript: Transcript) -> list[Cue]:
    """The whole dialogue in order; none overlaps another."""
    channels: dict[int | None, list[Part]] = defaultdict(list)
    for segment in transcript.segments:
        channels[segment.channel] += (
            part for part in divide(whole(segment, transcript)) if part.text
        )
    parts = merge(*map(gather, channels.values()), key=lambda part: part.start)
    return timed(list(parts), round(transcript.media.duration * 1000))


def whole(segment: Segment, transcript: Transcript) -> Part:
    label = next(
        (speaker.label for speaker in transcript.speakers if speaker.id == segment.speaker), None
    )
    return Part(label, segment.language, spell(segment, transcript))


def lines(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, break_on_hyphens=False)


def spell(segment: Segment, transcript: Transcript) -> list[Piece]:
    """The segment word by word, or in one piece when it came without words; with the space that
    follows it."""
    text = segment.text + space(segment.language)
    if segment.words is None:
        return [Piece(text, round(segment.start * 1000), round(segment.end * 1000))]
    first, last = segment.words
    words = transcript.words[first : last + 1]
    texts = pieces(text, [word.word for word in words], space(segment.language))
    return [
        Piece(text, round(word.start * 1000), round(word.end * 1000))
        for text, word in zip(texts, words, strict=True)
    ]


def divide(part: Part) -> Iterator[Part]:
    """Halve until every part fits. A single word may last as long as it likes."""
    if part.legible() and (len(part.pieces) == 1 or part.end - part.start <= LONGEST):
        yield part
        return
    spelled = part.pieces if len(part.pieces) > 1 else halved(part.pieces[0])
    cut = best_cut(spelled)
    yield from divide(replace(part, pieces=spelled[:cut]))
    yield from divide(replace(part, pieces=spelled[cut:]))


def halved(piece: Piece) -> list[Piece]:
    """A piece too long for a cue, as two; the time goes with the text."""
    middle = len(piece.text) // 2
    cut = piece.text.rfind(" ", 0, middle) + 1 or middle
    time = piece.start + (piece.end - piece.start) * cut // len(piece.text)
    return [Piece(piece.text[:cut], piece.start, time), Piece(piece.text[cut:], time, piece.end)]


def best_cut(spelled: Sequence[Piece]) -> int:
    """Where to cut: near the middle of the text, better after a clause or in a pause, best after a
    sentence."""
    total = sum(len(piece.text) for piece in spelled)
    before, costs = 0, []
    for piece, following in pairwise(spelled):
        before += len(piece.text)
        pause = max(following.start - piece.end, 0) / 1000
        costs.append(abs(2 * before - total) / max(total, 1) - ending(piece.text) - min(pause, 0.3))
    return costs.index(min(costs)) + 1


def ending(text: str) -> float:
    """How much a cut after that text is worth: half of it all after a sentence."""
    last = text.rstrip().rstrip(CLOSING)[-1:]
    if not last:
        return 0.0
    return 0.5 if last in SENTENCE_END else 0.3 if last in CLAUSE_END else 0.0


def gather(parts: Iterable[Part]) -> list[Part]:
    """Join a part that would stand too short a time with what the same speaker says next, if both
    fit."""
    kept: list[Part] = []
    for part in parts:
        if kept and alike(kept[-1], part) and part.start - kept[-1].start < SHORTEST:
            both = replace(part, pieces=[*kept[-1].pieces, *part.pieces])
            if both.legible() and both.end - both.start <= LONGEST:
                kept[-1] = both
                continue
        kept.append(part)
    return kept


def alike(one: Part, other: Part) -> bool:
    return (one.speaker, one.language) == (other.speaker, other.language)


def timed(parts: Sequence[Part], duration: int) -> list[Cue]:
    """The parts with the times they stand, one after the other.

    Where two begin at once, the second gives way by a millisecond. Where people talk at once on
    several channels, it waits until the first was there for a second, if that lasts so long.
    """
    made: list[Cue] = []
    clock = 0
    for part, limit in zip(parts, [*(one.start for one in parts[1:]), duration], strict=False):
        start = max(part.start, clock)
        limit = max(limit, start + min(part.end - part.start, SHORTEST))
        end = min(max(part.end, start + SHORTEST), start + LONGEST, limit)
        clock = max(end, start + 1)
        made.append(Cue(start, clock, part.speaker, part.language, part.text))
    return made
