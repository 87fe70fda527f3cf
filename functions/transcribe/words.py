"""Words and their times, made from the token spans that the recogniser decodes."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from re import finditer
from statistics import fmean

from functions.transcribe.windows import overlapping
from shared.model.artifacts import Interval, RecognizedWord
from shared.model.languages import WITHOUT_SPACES
from shared.model.spacing import is_punctuation, may_begin_word


@dataclass(frozen=True)
class TokenSpan:
    """Consecutive tokens and their text: a subword that has only whole characters, or a word.

    Times are in seconds from the start of the window, measured by cross-attention.
    """

    text: str
    start: float
    end: float
    probability: float


def join_words(spans: Sequence[TokenSpan], language: str) -> list[TokenSpan]:
    """Returns the words that the spans spell in the language.

    In languages that write spaces they are exactly `text.split()`: alignment relies on it. In
    others a word also begins with a span, but not inside a word of Latin letters.
    """
    texts = [span.text for span in spans]
    lengths = map(len, texts)
    ends = list(accumulate(lengths))
    text = "".join(texts)
    words = []
    for start, end in word_ranges(text, ends, language):
        first = bisect_right(ends, start)
        last = bisect_left(ends, end)
        own_spans = spans[first : last + 1]
        word = join_spans(text[start:end], own_spans)
        words.append(word)
    return words


def word_ranges(text: str, span_ends: Sequence[int], language: str) -> Iterator[tuple[int, int]]:
    """Yields where each word begins and ends in the text; in `span_ends` the spans' ends."""
    for match in finditer(r"\S+", text):
        run = match.group()
        borders = [match.start()]
        if language in WITHOUT_SPACES:
            first = bisect_right(span_ends, match.start())
            last = bisect_left(span_ends, match.end())
            for position in span_ends[first:last]:
                if may_begin_word(run, position - match.start()):
                    borders.append(position)
        borders.append(match.end())
        yield from pairwise(borders)


def one_line(spans: Iterable[TokenSpan]) -> str:
    """Returns the spans' text with each run of white space replaced by one space."""
    texts = [span.text for span in spans]
    text = "".join(texts)
    words = text.split()
    return " ".join(words)


def join_spans(text: str, spans: Sequence[TokenSpan]) -> TokenSpan:
    """Returns the spans as one word.

    Punctuation does not count for its times, because its attention reaches into the pause.
    """
    spoken = [span for span in spans if not is_punctuation(span.text)]
    if not spoken:
        spoken = list(spans)
    first = spoken[0]
    last = spoken[-1]
    return TokenSpan(
        text=text,
        start=first.start,
        end=last.end,
        probability=fmean(span.probability for span in spoken),
    )


def place_words(
    words: Iterable[TokenSpan], window: Interval, speech: Sequence[Interval]
) -> Iterator[RecognizedWord]:
    """Yields the words in chunk time: in order, inside the window, without silence at the edges."""
    earliest = window.start
    for word in words:
        start = word.start + window.start
        end = word.end + window.start
        start, end = trim_silence(start, end, speech)
        start = max(start, earliest)
        start = min(start, window.end)
        end = max(end, start)
        end = min(end, window.end)
        earliest = start
        probability = max(word.probability, 0.0)
        yield RecognizedWord(
            word=word.text,
            start=round(start, 3),
            end=round(end, 3),
            probability=min(probability, 1.0),
        )


def trim_silence(start: float, end: float, speech: Sequence[Interval]) -> tuple[float, float]:
    """Returns the start and end of the speech within [start, end], or both unchanged if none.

    Cross-attention counts a pause as part of the word beside it.
    """
    spoken = overlapping(speech, start, end)
    if not spoken:
        return start, end
    first = spoken[0]
    last = spoken[-1]
    start = max(start, first.start)
    end = min(end, last.end)
    return start, end
