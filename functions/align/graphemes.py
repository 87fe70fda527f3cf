"""Write a word in the letters of a wav2vec2 model."""

import unicodedata
from collections.abc import Callable, Iterable

from functions.align.acoustic_model import WILDCARD
from functions.align.normalize import spoken_words

WORD_BOUNDARY = "|"


def word_encoder(language: str, dictionary: Iterable[str]) -> Callable[[str], str]:
    """Returns a function that writes a word in the letters of the model with this dictionary."""
    characters = frozenset(dictionary)
    alphabet = frozenset(filter(is_letter, characters))
    boundary = WORD_BOUNDARY if WORD_BOUNDARY in characters else ""

    def encode_word(word: str) -> str:
        encoded_words = []
        for spoken in spoken_words(word, language):
            encoded = encode(spoken, alphabet)
            if encoded:
                encoded_words.append(encoded)

        text = boundary.join(encoded_words)
        return text or WILDCARD

    return encode_word


def is_letter(entry: str) -> bool:
    """Returns whether an entry of the dictionary is a letter and no token such as `<pad>`."""
    if len(entry) != 1:
        return False
    if entry == "'":
        return True

    category = unicodedata.category(entry)
    return category.startswith(("L", "M"))


def encode(word: str, alphabet: frozenset[str]) -> str:
    """Returns the word's letters that are in the alphabet.

    Other letters are decomposed: é becomes e, and ß ss, where the alphabet has only those.
    """
    typed = word.replace("’", "'")
    composed = unicodedata.normalize("NFC", typed)

    encoded = ""
    for letter in composed.lower():
        if letter in alphabet:
            encoded += letter
        else:
            parts = unicodedata.normalize("NFKD", letter.casefold())
            encoded += "".join(filter(alphabet.__contains__, parts))
    return encoded
