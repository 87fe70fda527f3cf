"""Text as units to count and compare: words, or characters in languages without spaces."""

import unicodedata
from collections.abc import Sequence

from shared.model.languages import WITHOUT_SPACES

CHARACTERS_PER_WORD = 2
"""Mean length of a word in languages that are written without spaces."""


def text_units(text: str, language: str | None) -> list[str]:
    """Returns the words of the text, or its characters where `language` is written without spaces.

    They are without case and punctuation.
    """
    words: list[str] = []
    for token in text.casefold().split():
        characters = [character for character in token if not is_punctuation(character)]
        if characters:
            word = "".join(characters)
            words.append(word)
    if language in WITHOUT_SPACES:
        return list("".join(words))
    return words


def units_per_word(language: str | None) -> int:
    """Returns how many units a word has on average."""
    if language in WITHOUT_SPACES:
        return CHARACTERS_PER_WORD
    return 1


def ngrams(units: Sequence[str], size: int) -> set[tuple[str, ...]]:
    """Returns every run of `size` consecutive units."""
    found = set()
    count = len(units) - size + 1
    for start in range(count):
        end = start + size
        run = units[start:end]
        ngram = tuple(run)
        found.add(ngram)
    return found


def is_punctuation(text: str) -> bool:
    """Returns whether the text has no letter and no digit."""
    for character in text:
        category = unicodedata.category(character)
        if category[0] not in "PSZC":
            return False
    return True
