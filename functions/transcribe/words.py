"""Words out of the recogniser's pieces: what the text calls a word, timed by the pieces that spell
it."""

import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from re import finditer
from statistics import fmean

from shared.model.artifacts import Interval, RecognizedWord

WITHOUT_SPACES = frozenset({"zh", "ja", "th", "lo", "my", "yue"})
"""Languages that Whisper's own tokenizer splits without regard to spaces."""


@dataclass(frozen=True)
class Piece:
    """The least run of tokens that decodes to whole characters. Times in seconds, from
    cross-attention."""

    text: str
    start: float
    end: float
    probability: float


def words(pieces: Sequence[Piece], spaces: bool) -> list[Piece]:
    """The words that the pieces spell. With `spaces` they are exactly `text.split()`, which
    alignment relies on."""
    return list(between_spaces(pieces) if spaces else with_their_marks(pieces))


def between_spaces(pieces: Sequence[Piece]) -> Iterator[Piece]:
    ends = list(accumulate(len(piece.text) for piece in pieces))
    for word in finditer(r"\S+", "".join(piece.text for piece in pieces)):
        first, last = bisect_right(ends, word.start()), bisect_left(ends, word.end())
        yield joined(word.group(), pieces[first : last + 1])


def with_their_marks(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Each piece is a word; punctuation belongs to the word before it, or, at the beginning, to the
    one after."""
    word: list[Piece] = []
    for piece in pieces:
        if not is_mark(piece.text) and not all(is_mark(part.text) for part in word):
            yield joined(spelled(word), word)
            word = []
        word.append(piece)
    if spelled(word):
        yield joined(spelled(word), word)


def spelled(pieces: Iterable[Piece]) -> str:
    return "".join("".join(piece.text for piece in pieces).split())


def joined(text: str, pieces: Sequence[Piece]) -> Piece:
    """One word. Punctuation, whose attention strays into the pause, does not time it."""
    sounded = [piece for piece in pieces if not is_mark(piece.text)] or pieces
    return Piece(
        text, sounded[0].start, sounded[-1].end, fmean(piece.probability for piece in sounded)
    )


def is_mark(text: str) -> bool:
    """No letter or digit in it."""
    return all(unicodedata.category(character)[0] in "PSZC" for character in text)


def placed(
    words: Iterable[Piece], window: Interval, speech: Sequence[Interval]
) -> Iterator[RecognizedWord]:
    """The words in the chunk's time: inside their window, in order, and not reaching into
    silence."""
    latest = window.start
    for word in words:
        moved = replace(word, start=word.start + window.start, end=word.end + window.start)
        start, end = in_speech(moved.start, moved.end, speech)
        start = min(max(start, latest), window.end)
        end = min(max(end, start), window.end)
        latest = start
        yield RecognizedWord(
            word=word.text,
            start=round(start, 3),
            end=round(end, 3),
            probability=min(max(word.probability, 0.0), 1.0),
        )


def in_speech(start: float, end: float, speech: Sequence[Interval]) -> tuple[float, float]:
    """The stretch without the silence at its edges: attention gives a pause to the word beside
    it."""
    spoken = [region for region in speech if region.start < end and region.end > start]
    if not spoken:
        return start, end
    return max(start, spoken[0].start), min(end, spoken[-1].end)
