"""Words written as somebody wants them: where one phrase is found, another is written, and the
times are kept in step.

A phrase matches whole words, whatever their case and the punctuation around them, within one
sentence. Where languages are written without spaces it matches whole words that together spell it,
and what is written for them is one word.
"""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, pairwise
from statistics import fmean

from functions.finalize.answer.sentences import Placed, Sentence
from functions.finalize.formats.text import CLAUSE_END, CLOSING, OPENING, SENTENCE_END, space

AROUND = SENTENCE_END + CLAUSE_END + CLOSING + OPENING
"""Punctuation that belongs to the sentence and not to the word. Other signs, as in C#, are the
word's own."""


@dataclass(frozen=True)
class Rules:
    """What to write for what, for words with this between them."""

    between: str
    phrases: Mapping[str, str]
    """By the plain form of what is to be found."""
    longest: int
    """As many words at most as a phrase can match."""

    @classmethod
    def of(cls, replacements: Mapping[str, str], between: str) -> "Rules":
        phrases = {
            between.join(plain(word) for word in found.split()): written
            for found, written in replacements.items()
        }
        longest = max(
            (len(phrase.split(between) if between else phrase) for phrase in phrases), default=0
        )
        return cls(
            between, {phrase: written for phrase, written in phrases.items() if phrase}, longest
        )

    def match(self, words: Sequence[Placed]) -> tuple[int, str] | None:
        """How many words, from the first on, the longest phrase matches, and what to write for
        them."""
        forms = [plain(word.word) for word in words]
        for length in range(len(forms), 0, -1):
            written = self.phrases.get(self.between.join(forms[:length]))
            if written is not None:
                return length, written
        return None


def replaced(sentences: Sequence[Sentence], replacements: Mapping[str, str]) -> list[Sentence]:
    """The sentences with words and text as wanted. One of which no word remains is gone."""
    rules = {between: Rules.of(replacements, between) for between in ("", " ")}
    written = [rewrite(sentence, rules[space(sentence.language)]) for sentence in sentences]
    return [new for old, new in zip(sentences, written, strict=True) if new.words or not old.words]


def rewrite(sentence: Sentence, rules: Rules) -> Sentence:
    if not rules.phrases:
        return sentence
    text = sentence.decoded.text
    spelled = [
        Placed(one, 0.0, 0.0, None, None, "asr")
        for one in (text.split() if rules.between else text)
    ]
    text = rules.between.join(word.word for word in rewritten(spelled, rules))
    return replace(
        sentence,
        words=tuple(rewritten(sentence.words, rules)),
        decoded=sentence.decoded.model_copy(update={"text": text}),
    )


def rewritten(words: Sequence[Placed], rules: Rules) -> list[Placed]:
    """One pass: what was written is not looked at again."""
    kept: list[Placed] = []
    at = 0
    while at < len(words):
        length, written = rules.match(words[at : at + rules.longest]) or (0, "")
        new = substitute(words[at : at + length], written, rules.between) if length else [words[at]]
        if not new and kept:
            kept[-1] = closed(kept[-1], words[at + length - 1])
        kept += new
        at += length or 1
    return kept


def substitute(words: Sequence[Placed], written: str, between: str) -> list[Placed]:
    """What to write for the words. As many for as many keep each its time; else they share the time
    of all."""
    spelled = written.split() if between else [written.strip()] * bool(written.strip())
    if len(spelled) == len(words):
        return [
            replace(word, word=dressed(new, *marks(word.word)))
            for new, word in zip(spelled, words, strict=True)
        ]
    if not spelled:
        return []
    lead, trail = marks(words[0].word)[0], marks(words[-1].word)[1]
    spelled[0] = dressed(spelled[0], lead, "")
    spelled[-1] = dressed(spelled[-1], "", trail)
    return divide(joined(words), spelled)


def dressed(new: str, lead: str, trail: str) -> str:
    """The word between marks. A full stop that is written already is not written twice."""
    return lead + new.removesuffix(trail) + trail


def marks(word: str) -> tuple[str, str]:
    """The sentence's punctuation before and after the word."""
    lead, _, trail = word.partition(word.strip(AROUND) or word)
    return lead, trail


def plain(word: str) -> str:
    """What is compared. A word of nothing but punctuation is itself."""
    return unicodedata.normalize("NFC", word.strip(AROUND) or word).casefold()


def closed(word: Placed, gone: Placed) -> Placed:
    """The word, ending the sentence that the deleted word after it ended."""
    end = marks(gone.word)[1]
    if not any(mark in SENTENCE_END for mark in end):
        return word
    return replace(word, word=word.word.rstrip(CLAUSE_END).removesuffix(end) + end)


def joined(words: Sequence[Placed]) -> Placed:
    """Several words as one."""
    timings = {word.timing for word in words}
    return Placed(
        word="".join(word.word for word in words),
        start=words[0].start,
        end=words[-1].end,
        score=mean(word.score for word in words),
        confidence=mean(word.confidence for word in words),
        timing=words[0].timing if len(timings) == 1 else "interpolated",
    )


def mean(numbers: Iterable[float | None]) -> float | None:
    known = [number for number in numbers if number is not None]
    return fmean(known) if known else None


def divide(word: Placed, spelled: Sequence[str]) -> list[Placed]:
    """One word as several, each as long as its letters are many."""
    if len(spelled) == 1:
        return [replace(word, word=spelled[0])]
    ends = list(accumulate(map(len, spelled), initial=0))
    times = [round(word.start + (word.end - word.start) * end / ends[-1], 3) for end in ends]
    return [
        replace(word, word=one, start=start, end=end, score=None, timing="interpolated")
        for one, (start, end) in zip(spelled, pairwise(times), strict=True)
    ]
