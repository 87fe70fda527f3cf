"""Words and their times, made from the token spans that the recogniser decodes."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from re import finditer
from statistics import fmean

from functions.transcribe.text_units import is_punctuation
from shared.model.artifacts import Interval, RecognizedWord
from shared.model.languages import WITHOUT_SPACES


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

    In languages that write spaces they are exactly `text.split()`: alignment relies on it.
    """
    if language in WITHOUT_SPACES:
        return list(join_punctuation(spans))
    return list(split_at_spaces(spans))


def split_at_spaces(spans: Sequence[TokenSpan]) -> Iterator[TokenSpan]:
    """Yields a word for each run of characters between spaces."""
    texts = [span.text for span in spans]
    lengths = map(len, texts)
    ends = list(accumulate(lengths))
    text = "".join(texts)
    for match in finditer(r"\S+", text):
        first = bisect_right(ends, match.start())
        last = bisect_left(ends, match.end())
        word = match.group()
        yield join_spans(word, spans[first : last + 1])


def join_punctuation(spans: Iterable[TokenSpan]) -> Iterator[TokenSpan]:
    """Yields each span as a word, with the punctuation that follows it.

    Punctuation at the beginning belongs to the first word.
    """
    word: list[TokenSpan] = []
    text = ""
    for span in spans:
        starts_word = not is_punctuation(span.text)
        if starts_word and not is_punctuation(text):
            yield join_spans(text, word)
            word = []
        word.append(span)
        text = text_of(word)
    if text:
        yield join_spans(text, word)


def text_of(spans: Iterable[TokenSpan]) -> str:
    """Returns the spans' text without spaces."""
    texts = [span.text for span in spans]
    words = "".join(texts).split()
    return "".join(words)


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
    spoken = [interval for interval in speech if interval.start < end and interval.end > start]
    if not spoken:
        return start, end
    first = spoken[0]
    last = spoken[-1]
    start = max(start, first.start)
    end = min(end, last.end)
    return start, end
