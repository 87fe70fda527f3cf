"""Replaces phrases in the words and texts, as the option `replacements` wants it.

A phrase matches whole words within one segment, whatever their case and the punctuation around
them. In a language without spaces it matches whole words that together spell it, and its
replacement is one word. Replaced words keep the times of the words that they replace.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from statistics import fmean

from functions.finalize.answer.timed_segments import TimedSegment, TimedWord
from functions.finalize.formats.text import (
    CLAUSE_END,
    CLOSING_MARKS,
    OPENING_MARKS,
    SENTENCE_END,
    word_separator,
)

PUNCTUATION = SENTENCE_END + CLAUSE_END + CLOSING_MARKS + OPENING_MARKS
"""Characters around a word that belong to the sentence. Others, as in C#, belong to the word."""


@dataclass(frozen=True)
class ReplacementRules:
    """Replacements for words that are joined by `separator`."""

    separator: str
    replacements: Mapping[str, str]
    """Replacement by the normalized phrase to find."""
    most_words: int
    """Most words that a phrase can match."""

    @classmethod
    def build(cls, replacements: Mapping[str, str], separator: str) -> "ReplacementRules":
        normalized = {}
        lengths = [0]
        for phrase, replacement in replacements.items():
            words = [normalize_word(word) for word in phrase.split()]
            found = separator.join(words)
            if found:
                normalized[found] = replacement
                lengths.append(len(words) if separator else len(found))
        return cls(separator, normalized, max(lengths))

    def match(self, words: Sequence[TimedWord]) -> tuple[int, str] | None:
        """Returns the number of words at the start that the longest phrase matches, and its
        replacement."""
        normalized = [normalize_word(word.word) for word in words]
        for length in range(len(normalized), 0, -1):
            phrase = self.separator.join(normalized[:length])
            if phrase in self.replacements:
                return length, self.replacements[phrase]
        return None


def replace_phrases(
    segments: Sequence[TimedSegment], replacements: Mapping[str, str]
) -> list[TimedSegment]:
    """Returns the segments with phrases replaced. Segments that lose all words are dropped."""
    rules = {separator: ReplacementRules.build(replacements, separator) for separator in ("", " ")}
    replaced = []
    for segment in segments:
        separator = word_separator(segment.language)
        new_segment = replace_in_segment(segment, rules[separator])
        if new_segment.words or not segment.words:
            replaced.append(new_segment)
    return replaced


def replace_in_segment(segment: TimedSegment, rules: ReplacementRules) -> TimedSegment:
    if not rules.replacements:
        return segment
    text = replace_in_text(segment.aligned.text, rules)
    aligned = segment.aligned.model_copy(update={"text": text})
    words = replace_in_words(segment.words, rules)
    return replace(segment, words=tuple(words), aligned=aligned)


def replace_in_text(text: str, rules: ReplacementRules) -> str:
    """Returns a segment's text with phrases replaced; in it, a word may be a single character."""
    spellings = text.split() if rules.separator else list(text)
    untimed_words = []
    for spelling in spellings:
        untimed_words.append(TimedWord(spelling, 0.0, 0.0, None, None, "asr"))
    replaced = replace_in_words(untimed_words, rules)
    return rules.separator.join(word.word for word in replaced)


def replace_in_words(words: Sequence[TimedWord], rules: ReplacementRules) -> list[TimedWord]:
    """Returns the words with phrases replaced, in one pass: a replacement is never replaced."""
    replaced: list[TimedWord] = []
    position = 0
    while position < len(words):
        match = rules.match(words[position : position + rules.most_words])
        if match is None:
            replaced.append(words[position])
            position += 1
            continue
        length, replacement = match
        matched = words[position : position + length]
        new_words = replacement_words(matched, replacement, rules.separator)
        if not new_words and replaced:
            replaced[-1] = inherit_sentence_end(replaced[-1], matched[-1])
        replaced += new_words
        position += length
    return replaced


def replacement_words(
    matched: Sequence[TimedWord], replacement: str, separator: str
) -> list[TimedWord]:
    """Returns the words that replace the matched ones; none for an empty replacement.

    As many words as were matched keep their times; otherwise the new words share the whole time.
    """
    spellings = replacement.split() if separator else [replacement.strip()]
    if not replacement.strip():
        return []
    if len(spellings) == len(matched):
        return [respell(word, new) for word, new in zip(matched, spellings, strict=True)]

    opening, _ = surrounding_marks(matched[0].word)
    _, closing = surrounding_marks(matched[-1].word)
    spellings[0] = add_marks(spellings[0], opening, "")
    spellings[-1] = add_marks(spellings[-1], "", closing)
    return divide_word(join_words(matched), spellings)


def respell(word: TimedWord, spelling: str) -> TimedWord:
    """Returns the word with another spelling between the same punctuation marks."""
    opening, closing = surrounding_marks(word.word)
    return replace(word, word=add_marks(spelling, opening, closing))


def add_marks(spelling: str, opening: str, closing: str) -> str:
    """Returns the spelling between the marks. Closing marks that it already has are not doubled."""
    return opening + spelling.removesuffix(closing) + closing


def surrounding_marks(word: str) -> tuple[str, str]:
    """Returns the sentence's punctuation before and after the word."""
    core = word.strip(PUNCTUATION) or word
    opening, _, closing = word.partition(core)
    return opening, closing


def normalize_word(word: str) -> str:
    """Returns the word as it is compared: without case and surrounding punctuation.

    A word of nothing but punctuation is compared as it is.
    """
    core = word.strip(PUNCTUATION) or word
    return unicodedata.normalize("NFC", core).casefold()


def inherit_sentence_end(word: TimedWord, deleted: TimedWord) -> TimedWord:
    """Returns the word with the end of the sentence that the deleted word after it had, if any."""
    _, closing = surrounding_marks(deleted.word)
    if not any(mark in SENTENCE_END for mark in closing):
        return word
    without_comma = word.word.rstrip(CLAUSE_END)
    return replace(word, word=add_marks(without_comma, "", closing))


def join_words(words: Sequence[TimedWord]) -> TimedWord:
    """Returns one word with the time of all words and the means of their scores."""
    timings = {word.timing for word in words}
    return TimedWord(
        word="".join(word.word for word in words),
        start=words[0].start,
        end=words[-1].end,
        score=mean(word.score for word in words),
        confidence=mean(word.confidence for word in words),
        timing=words[0].timing if len(timings) == 1 else "interpolated",
    )


def mean(numbers: Iterable[float | None]) -> float | None:
    """Returns the mean of the known numbers, or None if none is known."""
    known = [number for number in numbers if number is not None]
    return fmean(known) if known else None


def divide_word(word: TimedWord, spellings: Sequence[str]) -> list[TimedWord]:
    """Returns words with these spellings, which share the word's time by their lengths."""
    if len(spellings) == 1:
        return [replace(word, word=spellings[0])]
    positions = list(accumulate(map(len, spellings), initial=0))
    duration = word.end - word.start
    length = positions[-1]
    divided = []
    for spelling, (first, last) in zip(spellings, pairwise(positions), strict=True):
        start = round(word.start + duration * first / length, 3)
        end = round(word.start + duration * last / length, 3)
        new_word = TimedWord(spelling, start, end, None, word.confidence, "interpolated")
        divided.append(new_word)
    return divided
