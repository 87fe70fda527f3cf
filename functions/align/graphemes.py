"""A word as it is said, in the letters of a wav2vec2 model."""

import unicodedata
from collections.abc import Callable, Iterable

from functions.align.acoustic_model import UNKNOWN
from functions.align.normalize import read_out
from functions.align.normalize_en import spoken

WORD_BOUNDARY = "|"


def writer(language: str, dictionary: Iterable[str]) -> Callable[[str], str]:
    """Writes words for the model with this dictionary, whose other entries are signs of its own."""
    alphabet = frozenset(sign for sign in dictionary if is_letter(sign))
    between = WORD_BOUNDARY if WORD_BOUNDARY in dictionary else ""

    def written(word: str) -> str:
        said = spoken(word) if language == "en" else read_out(word, language)
        return between.join(filter(None, (spelled(part, alphabet) for part in said))) or UNKNOWN

    return written


def is_letter(sign: str) -> bool:
    return len(sign) == 1 and (sign == "'" or unicodedata.category(sign)[0] in "LM")


def spelled(word: str, alphabet: frozenset[str]) -> str:
    """The word's letters that the model knows; é becomes e, and ß ss, where it knows only those."""
    text = unicodedata.normalize("NFC", word.replace("’", "'")).lower()
    return "".join(letter if letter in alphabet else plain(letter, alphabet) for letter in text)


def plain(letter: str, alphabet: frozenset[str]) -> str:
    return "".join(
        part for part in unicodedata.normalize("NFKD", letter.casefold()) if part in alphabet
    )
