"""The text of a transcript in pieces that no caption and no line divides, with their times."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from shared.formats.clock import milliseconds
from shared.formats.lines import narrow_pieces
from shared.formats.segmentation import split_pieces
from shared.model.spacing import sentence_separator, split_at_words, word_separator
from shared.model.transcript import Segment, Transcript


@dataclass(frozen=True)
class CuePiece:
    """A word, or another text that no cue and no line divides, with the space that follows it.

    Times are in milliseconds.
    """

    text: str
    start: int
    end: int


def pieces_of(
    segments: Sequence[Segment], transcript: Transcript, most_columns: int
) -> list[CuePiece]:
    """Returns the text of segments that continue each other, in pieces that are no wider than so
    many columns."""
    words = words_of_segments(segments, transcript)
    return cut_between_words(words, segments[0].language, most_columns)


def words_of_segments(segments: Sequence[Segment], transcript: Transcript) -> list[CuePiece]:
    """Returns the words of segments that continue each other's text, with the spaces between."""
    *continued, last = segments
    words = []
    for segment in continued:
        separator = word_separator(segment.language)
        words += cue_words(segment, separator, transcript)
    separator = sentence_separator(last.text, last.language)
    last_words = cue_words(last, separator, transcript)
    return [*words, *last_words]


def cue_words(segment: Segment, separator: str, transcript: Transcript) -> list[CuePiece]:
    """Returns the segment's words, the last with the separator; all of its text as one word if it
    came without words."""
    text = segment.text + separator
    if segment.words is None:
        return [cue_word(text, segment.start, segment.end)]

    words = transcript.words_of(segment)
    spellings = [word.word for word in words]
    pieces = split_at_words(text, spellings, separator)
    in_cue = []
    for piece, word in zip(pieces, words, strict=True):
        with_space = cue_word(piece, word.start, word.end)
        in_cue.append(with_space)
    return in_cue


def cue_word(text: str, start: float, end: float) -> CuePiece:
    """Returns a word of a cue. `start` and `end` are in seconds."""
    return CuePiece(
        text=text,
        start=milliseconds(start),
        end=milliseconds(end),
    )


def cut_between_words(
    words: Sequence[CuePiece], language: str | None, most_columns: int
) -> list[CuePiece]:
    """Returns the text of the recogniser's words in pieces, each no wider than so many columns.

    The recogniser's words may be parts of words or several words; a piece that begins or ends
    inside one gets a share of its time.
    """
    texts = [word.text for word in words]
    lengths = map(len, texts)
    word_ends = list(accumulate(lengths))
    text = "".join(texts)
    pieces = split_pieces(text, language, word_ends)
    clock = TextClock(words, word_ends)
    narrow = narrow_pieces(pieces, most_columns)
    return list(time_pieces(narrow, clock))


def time_pieces(pieces: Iterable[str], clock: "TextClock") -> Iterator[CuePiece]:
    """Yields the pieces of the clock's text with their times."""
    position = 0
    for piece in pieces:
        spoken = piece.rstrip()
        last = position + len(spoken)
        start = clock.start_at(position)
        end = start
        if last > position:
            end = clock.end_at(last)
        yield CuePiece(piece, start, end)
        position += len(piece)


@dataclass(frozen=True)
class TextClock:
    """When each position of a text of timed words is said, in milliseconds."""

    words: Sequence[CuePiece]
    word_ends: Sequence[int]
    """Positions after the words, in order."""

    def start_at(self, position: int) -> int:
        """Returns when the character after the position begins."""
        index = bisect_right(self.word_ends, position)
        return self._time_in_word(index, position)

    def end_at(self, position: int) -> int:
        """Returns when the character before the position ends."""
        index = bisect_left(self.word_ends, position)
        return self._time_in_word(index, position)

    def _time_in_word(self, index: int, position: int) -> int:
        word = self.words[index]
        spoken = word.text.rstrip()
        length = len(spoken)
        word_start = self.word_ends[index] - len(word.text)
        characters = min(position - word_start, length)
        duration = word.end - word.start
        elapsed = duration * characters // max(length, 1)
        return word.start + elapsed
