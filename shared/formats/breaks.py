"""How well a line or a caption may end between two words."""

import re
from collections.abc import Sequence
from enum import IntEnum
from itertools import pairwise

from shared.formats.function_words import TITLES, is_connective, leads_on
from shared.formats.text import CLAUSE_END, CLOSING_MARKS, OPENING_MARKS, SENTENCE_END

INITIAL = re.compile(r"[^\W\d_]\.")
"""A letter with a full stop, as in "J. Smith"."""
NOT_NAMES = re.compile(r"(I|I['’]\w+)\W*")
"""English writes them with a capital letter though they are no names."""

MARKS = OPENING_MARKS + CLOSING_MARKS + SENTENCE_END + CLAUSE_END


class Break(IntEnum):
    """The quality of a break, from the best to the worst."""

    SENTENCE = 0
    """After a sentence."""
    CLAUSE = 1
    """After a comma, or another mark that ends a clause."""
    PHRASE = 2
    """Before a conjunction or a preposition."""
    PLAIN = 3
    """Between two other words."""
    POOR = 4
    """After a word that belongs to the next one, or inside a name."""


def find_breaks(texts: Sequence[str], language: str | None) -> list[Break]:
    """Returns the quality of a break after each of the texts. After the last one it is that of a
    sentence, since the text ends there."""
    breaks = []
    for text, following in pairwise(texts):
        quality = break_between(text, following, language)
        breaks.append(quality)
    breaks.append(Break.SENTENCE)
    return breaks


def break_between(text: str, following: str, language: str | None) -> Break:
    """Returns the quality of a break between two texts, each a word or a phrase."""
    last = last_word(text)
    without_marks = last.rstrip(CLOSING_MARKS)
    small = without_marks.casefold()
    if small in TITLES or INITIAL.fullmatch(without_marks):
        return Break.POOR
    if without_marks.endswith(tuple(SENTENCE_END)):
        return Break.SENTENCE
    if without_marks.endswith(tuple(CLAUSE_END)):
        return Break.CLAUSE
    first = first_word(following)
    if leads_on(small, language) or is_name(last, first):
        return Break.POOR
    if is_connective(first.casefold(), language):
        return Break.PHRASE
    return Break.PLAIN


def last_word(text: str) -> str:
    """Returns the last word of a text, without the marks that open before it."""
    words = text.split()
    if not words:
        return ""
    return words[-1].lstrip(OPENING_MARKS)


def first_word(text: str) -> str:
    """Returns the first word of a text, without marks around it."""
    words = text.split()
    if not words:
        return ""
    return words[0].strip(MARKS)


def is_name(word: str, following: str) -> bool:
    """Returns whether two words are probably parts of one name: both have a capital letter."""
    for part in (word, following):
        initial = part[:1]
        if not initial.isupper() or NOT_NAMES.fullmatch(part):
            return False
    return True
