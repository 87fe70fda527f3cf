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
from shared.formats.text import CLAUSE_END, CLOSING_MARKS, OPENING_MARKS, SENTENCE_END
from shared.model.spacing import shortest_words, split_at_words, word_separator

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
            if not found:
                continue
            normalized[found] = replacement
            length = len(words) if separator else len(found)
            lengths.append(length)
        return cls(
            separator=separator,
            replacements=normalized,
            most_words=max(lengths),
        )

    def match(self, words: Sequence[TimedWord]) -> tuple[int, str] | None:
        """Returns the number of words at the start that the longest phrase matches, and its
        replacement."""
        normalized = [normalize_word(word.word) for word in words]
        for length in range(len(normalized), 0, -1):
            beginning = normalized[:length]
            phrase = self.separator.join(beginning)
            replacement = self.replacements.get(phrase)
            if replacement is not None:
                return length, replacement
        return None


def replace_phrases(
    segments: Sequence[TimedSegment], replacements: Mapping[str, str]
) -> list[TimedSegment]:
    """Returns the segments with phrases replaced. Segments that lose all words are dropped."""
    rules = {}
    for separator in ("", " "):
        rules[separator] = ReplacementRules.build(replacements, separator)

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
    aligned = segment.aligned
    text = replace_in_text(aligned.text, rules)
    words = replace_in_words(segment.words, rules)
    return replace(
        segment,
        words=tuple(words),
        aligned=aligned.model_copy(update={"text": text}),
    )


def replace_in_text(text: str, rules: ReplacementRules) -> str:
    """Returns a segment's text with phrases replaced; in it, a word may be a single character."""
    spellings = text.split() if rules.separator else shortest_words(text)
    pieces = split_at_words(text, spellings, rules.separator)
    untimed_words = []
    for spelling, piece in zip(spellings, pieces, strict=False):
        has_space = piece[-1:].isspace()
        word = TimedWord(
            word=spelling,
            start=0.0,
            end=0.0,
            score=None,
            confidence=None,
            timing="asr",
            space=" " if has_space else "",
        )
        untimed_words.append(word)
    replaced = replace_in_words(untimed_words, rules)
    new_text = "".join(word.word + word.space for word in replaced)
    return new_text.strip()


def replace_in_words(words: Sequence[TimedWord], rules: ReplacementRules) -> list[TimedWord]:
    """Returns the words with phrases replaced, in one pass: a replacement is never replaced."""
    replaced: list[TimedWord] = []
    position = 0
    while position < len(words):
        following = words[position : position + rules.most_words]
        match = rules.match(following)
        if match is None:
            replaced.append(words[position])
            position += 1
            continue
        length, replacement = match
        matched = following[:length]
        new_words = replacement_words(matched, replacement, rules.separator)
        if not new_words and replaced:
            previous = replaced.pop()
            closed = inherit_sentence_end(previous, matched[-1])
            replaced.append(closed)
        replaced += new_words
        position += length
    return replaced


def replacement_words(
    matched: Sequence[TimedWord], replacement: str, separator: str
) -> list[TimedWord]:
    """Returns the words that replace the matched ones; none for an empty replacement.

    As many words as were matched keep their times; otherwise the new words share the whole time.
    """
    text = replacement.strip()
    if not text:
        return []
    spellings = [text]
    if separator:
        spellings = text.split()
    if len(spellings) == len(matched):
        pairs = zip(matched, spellings, strict=True)
        return [respell(word, spelling) for word, spelling in pairs]

    opening, _ = surrounding_marks(matched[0].word)
    _, closing = surrounding_marks(matched[-1].word)
    spellings[0] = add_marks(spellings[0], opening, "")
    spellings[-1] = add_marks(spellings[-1], "", closing)
    joined = join_words(matched)
    return divide_word(joined, spellings, separator)


def respell(word: TimedWord, spelling: str) -> TimedWord:
    """Returns the word with another spelling between the same punctuation marks."""
    opening, closing = surrounding_marks(word.word)
    new_spelling = add_marks(spelling, opening, closing)
    return replace(word, word=new_spelling)


def add_marks(spelling: str, opening: str, closing: str) -> str:
    """Returns the spelling between the marks. Closing marks that it already has are not doubled."""
    without_closing = spelling.removesuffix(closing)
    return opening + without_closing + closing


def surrounding_marks(word: str) -> tuple[str, str]:
    """Returns the sentence's punctuation before and after the word."""
    core = strip_marks(word)
    opening, _, closing = word.partition(core)
    return opening, closing


def strip_marks(word: str) -> str:
    """Returns the word without surrounding punctuation, unless it is nothing but punctuation."""
    stripped = word.strip(PUNCTUATION)
    return stripped or word


def normalize_word(word: str) -> str:
    """Returns the word as it is compared: without case and surrounding punctuation."""
    core = strip_marks(word)
    composed = unicodedata.normalize("NFC", core)
    return composed.casefold()


def inherit_sentence_end(word: TimedWord, deleted: TimedWord) -> TimedWord:
    """Returns the word with the end of the sentence that the deleted word after it had, if any."""
    _, closing = surrounding_marks(deleted.word)
    if set(closing).isdisjoint(SENTENCE_END):
        return word
    without_comma = word.word.rstrip(CLAUSE_END)
    new_spelling = add_marks(without_comma, "", closing)
    return replace(word, word=new_spelling)


def join_words(words: Sequence[TimedWord]) -> TimedWord:
    """Returns one word with the time of all words and the means of their scores."""
    timing = words[0].timing
    if any(word.timing != timing for word in words):
        timing = "interpolated"
    spelling = "".join(word.word for word in words)
    score = mean(word.score for word in words)
    confidence = mean(word.confidence for word in words)
    return TimedWord(
        word=spelling,
        start=words[0].start,
        end=words[-1].end,
        score=score,
        confidence=confidence,
        timing=timing,
        space=words[-1].space,
    )


def mean(numbers: Iterable[float | None]) -> float | None:
    """Returns the mean of the known numbers, or None if none is known."""
    known = [number for number in numbers if number is not None]
    if not known:
        return None
    return fmean(known)


def divide_word(word: TimedWord, spellings: Sequence[str], separator: str) -> list[TimedWord]:
    """Returns words with these spellings, which share the word's time by their lengths.

    They have the separator between them.
    """
    if len(spellings) == 1:
        (spelling,) = spellings
        return [replace(word, word=spelling)]
    lengths = map(len, spellings)
    positions = list(accumulate(lengths, initial=0))
    length = positions[-1]
    duration = word.end - word.start
    divided = []
    for spelling, (first, last) in zip(spellings, pairwise(positions), strict=True):
        start = word.start + duration * first / length
        end = word.start + duration * last / length
        new_word = TimedWord(
            word=spelling,
            start=round(start, 3),
            end=round(end, 3),
            score=None,
            confidence=word.confidence,
            timing="interpolated",
            space=separator,
        )
        divided.append(new_word)
    *others, last_word = divided
    last_with_space = replace(last_word, space=word.space)
    return [*others, last_with_space]
