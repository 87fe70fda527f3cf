"""Grapheme-to-phoneme conversion for English: CMU's pronouncing dictionary, then hama's model."""

from functools import cache, lru_cache

from hama import G2PModel

from functions.align.normalize_en import spoken_english
from functions.align.phonemes import CLASS_OF
from shared.runtime.model_files import packaged_file

ARPABET = {
    "AA": "ɑ",
    "AE": "æ",
    "AH": "ʌ",
    "AO": "ɔ",
    "AW": "a",
    "AY": "a",
    "B": "b",
    "CH": "t͡ʃ",
    "D": "d",
    "DH": "ð",
    "EH": "ɛ",
    "ER": "ɜ",
    "EY": "e",
    "F": "f",
    "G": "ɡ",
    "HH": "h",
    "IH": "ɪ",
    "IY": "i",
    "JH": "d͡ʒ",
    "K": "k",
    "L": "l",
    "M": "m",
    "N": "n",
    "NG": "ŋ",
    "OW": "o",
    "OY": "ɔ",
    "P": "p",
    "R": "r",
    "S": "s",
    "SH": "ʃ",
    "T": "t",
    "TH": "θ",
    "UH": "ʊ",
    "UW": "u",
    "V": "v",
    "W": "w",
    "Y": "j",
    "Z": "z",
    "ZH": "ʒ",
}
"""The phoneme class of each sign of ARPABET, the dictionary's alphabet."""

VOWELS = frozenset("aeiouy")


def word_phonemes(word: str) -> list[str]:
    """Returns the phoneme classes of a written word; none if nothing in it is spoken."""
    phonemes: list[str] = []
    for spoken in spoken_english(word):
        phonemes += pronunciation(spoken)
    return phonemes


@lru_cache(maxsize=10_000)
def pronunciation(word: str) -> tuple[str, ...]:
    """Returns the phoneme classes of a spoken word: looked up, or predicted if it is unknown."""
    known = pronouncing_dictionary()
    if word in known:
        return known[word]

    bare = word.strip("'")
    if bare in known:
        return known[bare]

    if bare.endswith("'s"):
        owner = bare.removesuffix("'s")
        return (*pronunciation(owner), "z")
    return predicted_pronunciation(bare) if bare else ()


def predicted_pronunciation(word: str) -> tuple[str, ...]:
    """Returns what hama's model predicts; a word without a vowel is spelled out."""
    phonemes: list[str] = []
    is_spelled_out = len(word) > 1 and VOWELS.isdisjoint(word)
    if is_spelled_out:
        for letter in word:
            phonemes += pronunciation(letter)
        return tuple(phonemes)

    prediction = g2p_model().predict(word)
    for part in prediction.alignments:
        sign = part.phoneme
        if sign in CLASS_OF:
            phonemes.append(CLASS_OF[sign])
    return tuple(phonemes)


@cache
def g2p_model() -> G2PModel:
    return G2PModel()


@cache
def pronouncing_dictionary() -> dict[str, tuple[str, ...]]:
    """Returns the phoneme classes of the first pronunciation of each of 125,000 words.

    Reads a file of the package pocketsphinx. Raises ModelUnavailable.
    """
    path = packaged_file("pocketsphinx", "model/en-us/cmudict-en-us.dict")
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    pronunciations = {}
    for line in lines:
        word, *phonemes = line.split()
        is_alternative = "(" in word
        if not is_alternative:
            pronunciations[word] = tuple(ARPABET[phoneme] for phoneme in phonemes)
    return pronunciations
