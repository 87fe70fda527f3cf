"""Grapheme-to-phoneme conversion for English: CMU's pronouncing dictionary, then hama's model."""

from functools import cache, lru_cache

from hama import G2PModel

from functions.align.normalize_en import spoken_english
from shared.runtime.model_files import packaged_file

IPA = {
    "AA": ("ɑ", "ɒ"),
    "AE": ("æ", "a"),
    "AH": ("ʌ", "ə", "ɐ"),
    "AO": ("ɔ", "ɒ"),
    "AW": ("aʊ",),
    "AY": ("aɪ",),
    "B": ("b",),
    "CH": ("t͡ʃ",),
    "D": ("d", "ɾ", "ɖ"),
    "DH": ("ð",),
    "EH": ("ɛ", "e"),
    "ER": ("ɝ", "ɚ", "ɜ"),
    "EY": ("eɪ", "e"),
    "F": ("f",),
    "G": ("ɡ", "g", "ɣ"),
    "HH": ("h", "ɦ"),
    "IH": ("ɪ", "ɨ"),
    "IY": ("i",),
    "JH": ("d͡ʒ",),
    "K": ("k", "kʰ", "c"),
    "L": ("l", "ɫ"),
    "M": ("m",),
    "N": ("n",),
    "NG": ("ŋ",),
    "OW": ("oʊ", "o"),
    "OY": ("ɔɪ",),
    "P": ("p", "pʰ"),
    "R": ("ɹ", "r", "ɾ"),
    "S": ("s",),
    "SH": ("ʃ",),
    "T": ("t", "tʰ", "ɾ", "ʔ"),
    "TH": ("θ",),
    "UH": ("ʊ",),
    "UW": ("u", "ʉ"),
    "V": ("v",),
    "W": ("w", "ʍ"),
    "Y": ("j",),
    "Z": ("z",),
    "ZH": ("ʒ",),
}
"""ARPABET, the dictionary's alphabet, to IPA, hama's: the signs that stand for each phoneme."""

FROM_IPA = {sign: phoneme for phoneme, signs in reversed(IPA.items()) for sign in signs}
"""The ARPABET phoneme of each IPA sign; of several the first in the table."""

VOWELS = frozenset("aeiouy")


def word_phonemes(word: str) -> list[str]:
    """Returns the ARPABET phonemes of a written word; none if nothing in it is spoken."""
    phonemes: list[str] = []
    for spoken in spoken_english(word):
        phonemes += pronunciation(spoken)
    return phonemes


@lru_cache(maxsize=10_000)
def pronunciation(word: str) -> tuple[str, ...]:
    """Returns the ARPABET phonemes of a spoken word: looked up, or predicted if it is unknown."""
    known = pronouncing_dictionary()
    if word in known:
        return known[word]

    bare = word.strip("'")
    if bare in known:
        return known[bare]

    if bare.endswith("'s"):
        owner = bare.removesuffix("'s")
        return (*pronunciation(owner), "Z")
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
        if sign in FROM_IPA:
            phonemes.append(FROM_IPA[sign])
    return tuple(phonemes)


@cache
def g2p_model() -> G2PModel:
    return G2PModel()


@cache
def pronouncing_dictionary() -> dict[str, tuple[str, ...]]:
    """Returns the first pronunciation of each of 125,000 words.

    Reads a file of the package pocketsphinx. Raises ModelUnavailable.
    """
    path = packaged_file("pocketsphinx", "model/en-us/cmudict-en-us.dict")
    pronunciations = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        word, *phonemes = line.split()
        is_alternative = "(" in word
        if not is_alternative:
            pronunciations[word] = tuple(phonemes)
    return pronunciations
