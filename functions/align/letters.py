"""The phoneme classes of a written word in any language with Latin, Cyrillic or Greek letters.

Each letter is read as it is in most languages. That is wrong for many words and near enough to find
where they are: a consonant that is right holds its neighbours in place.
"""

import unicodedata
from collections.abc import Mapping, Sequence

from functions.align.normalize import spoken_words

LATIN: Mapping[str, str] = dict(
    zip("abcdefghijklmnopqrstuvwyz", "a b k d e f ɡ h i j k l m n o p k r s t u v v i z".split(), strict=True),
    x="k s",
)
CYRILLIC: Mapping[str, str] = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщыэюяіїєґ",
        (
            *"a b v ɡ d e o ʒ z i j k l m n o p r s t u f x t͡s t͡ʃ ʃ ʃ ɨ e".split(),
            "j u",
            "j a",
            "i",
            "j i",
            "e",
            "ɡ",
        ),
        strict=True,
    )
)
GREEK: Mapping[str, str] = dict(
    zip(
        "αβγδεζηθικλμνξοπρσςτυφχψω",
        (*"a v ɣ ð e z i θ i k l m n".split(), "k s", *"o p r s s t i f x".split(), "p s", "o"),
        strict=True,
    )
)
LETTERS = LATIN | CYRILLIC | GREEK


def word_letters(word: str, language: str) -> list[str]:
    """Returns the phoneme classes of a written word; none if nothing in it is known."""
    classes: list[str] = []
    for spoken in spoken_words(word, language):
        classes += letters_classes(spoken)
    return classes


def letters_classes(word: str) -> list[str]:
    classes: list[str] = []
    decomposed = unicodedata.normalize("NFKD", word.casefold())
    for letter in decomposed:
        for phoneme in LETTERS.get(letter, "").split():
            if classes[-1:] != [phoneme]:
                classes.append(phoneme)
    return classes
LANGUAGES = frozenset(
    (
        "af az ba be bg br bs ca cs cy da de el en es et eu fi fo fr gl ha haw hr ht hu id is it jw kk"
        " la lb ln lt lv mg mi mk mn ms mt nl nn no oc pl pt ro ru sk sl sn so sq sr su sv sw tg tk tl"
        " tr tt uk uz vi yo"
    ).split()
)
