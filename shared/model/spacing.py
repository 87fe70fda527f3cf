"""Words and the spaces between them: where a word may begin, and a text cut at its words."""

import unicodedata
from collections.abc import Iterable, Sequence
from itertools import pairwise

from shared.model.languages import WITHOUT_SPACES

SPACES_BETWEEN_SENTENCES = WITHOUT_SPACES - {"ja", "yue", "zh"}
"""Languages that write no spaces between words, but some between sentences."""
UNSPACED_SCRIPTS = (
    "BOPOMOFO",
    "CJK",
    "HALFWIDTH KATAKANA",
    "HIRAGANA",
    "IDEOGRAPHIC",
    "KATAKANA",
    "KHMER",
    "LAO",
    "MYANMAR",
    "THAI",
    "TIBETAN",
)
"""How Unicode's names of the characters begin in scripts without spaces between words."""
FULL_WIDTH = frozenset({"F", "W"})
"""Unicode's East Asian widths of characters as wide as an ideograph."""
OPENING_CATEGORIES = frozenset({"Pi", "Ps", "Sc"})
"""Unicode's categories of opening quotation marks, opening brackets and currency signs."""
OPENING_SIGNS = "#@"
TRAILING_LETTERS = "ะาำๅฯະາຳ"
"""Thai and Lao letters that are written after another letter of the same syllable."""
JOINERS = "\u200d\u1039\u17d2"
"""They join the next character to the one before: two emoji, or Burmese and Khmer letters."""


def one_line(text: str) -> str:
    """Returns the text with each run of white space replaced by one space."""
    words = text.split()
    return " ".join(words)


def word_separator(language: str | None) -> str:
    """Returns a space, or nothing for a language written without spaces."""
    if language in WITHOUT_SPACES:
        return ""
    return " "


def sentence_separator(text: str, language: str | None) -> str:
    """Returns what follows a sentence with this text where the next one begins: a space, or
    nothing.

    Chinese and Japanese have a space only after Latin letters, digits and their punctuation.
    """
    if language not in WITHOUT_SPACES or language in SPACES_BETWEEN_SENTENCES:
        return " "
    if ends_unspaced(text):
        return ""
    return " "


def split_at_words(text: str, words: Sequence[str], separator: str) -> list[str]:
    """Returns the text cut before each word but the first: joined, the pieces are the text again.

    If the text does not consist of the words, returns each word followed by the separator.
    """
    starts = []
    position = 0
    for word in words:
        start = text.find(word, position)
        if start < 0:
            return [word + separator for word in words]
        starts.append(start)
        position = start + len(word)
    return cut_at(text, starts[1:])


def cut_at(text: str, positions: Iterable[int]) -> list[str]:
    """Returns the text cut at these positions, which are in order and inside the text."""
    borders = [0, *positions, len(text)]
    pieces = []
    for start, end in pairwise(borders):
        piece = text[start:end]
        pieces.append(piece)
    return pieces


def shortest_words(text: str) -> list[str]:
    """Returns the shortest words of a text that is written without spaces.

    Most are single characters. They are without the spaces between them.
    """
    words: list[str] = []
    for run in text.split():
        positions = range(1, len(run))
        starts = [position for position in positions if may_begin_word(run, position)]
        words += cut_at(run, starts)
    return words


def may_begin_word(run: str, position: int) -> bool:
    """Returns whether a word may begin at this position, above 0, of a text without spaces.

    Latin letters and digits are one word with the punctuation inside ("it's", "3.14", a URL).
    Other punctuation belongs to the word before it, and opening punctuation to the word after it.
    """
    text_before = run[:position]
    before = run[position - 1]
    after = run[position]
    if is_punctuation(text_before) or is_opening(before) or before in JOINERS:
        return False
    continues_word = is_punctuation(after) or is_extension(after)
    if continues_word and not is_opening(after):
        return False
    return is_unspaced(after) or ends_unspaced(text_before)


def ends_unspaced(text: str) -> bool:
    """Returns whether the text ends in a script without spaces, or in full-width punctuation.

    Other punctuation at the end does not count.
    """
    for character in reversed(text):
        if is_unspaced(character):
            return True
        if not is_punctuation(character):
            return False
    return False


def is_unspaced(character: str) -> bool:
    """Returns whether no space is written beside the character, as beside ideographs.

    A digit of any script is written as in a number.
    """
    category = unicodedata.category(character)
    if category == "Nd":
        return False
    name = unicodedata.name(character, "")
    if name.startswith(UNSPACED_SCRIPTS):
        return True
    is_full_width = unicodedata.east_asian_width(character) in FULL_WIDTH
    return is_full_width and is_punctuation(character)


def is_opening(character: str) -> bool:
    """Returns whether the character belongs to what follows it."""
    if character in OPENING_SIGNS:
        return True
    return unicodedata.category(character) in OPENING_CATEGORIES


def is_extension(character: str) -> bool:
    """Returns whether the character only continues the one before it, as accents do."""
    if character in TRAILING_LETTERS:
        return True
    category = unicodedata.category(character)
    if category.startswith("M"):
        return True
    return category == "Lm" and is_unspaced(character)


def is_punctuation(text: str) -> bool:
    """Returns whether the text has no letter and no digit."""
    for character in text:
        category = unicodedata.category(character)
        if category[0] not in "PSZC":
            return False
    return True
