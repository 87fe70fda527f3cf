"""How an English word sounds: from CMU's pronouncing dictionary, or as hama's model would read
it."""

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

from hama import G2PModel

from functions.align.normalize_en import spoken
from shared.model.errors import ModelUnavailable

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
"""ARPABET, the dictionary's alphabet, in the model's: a phoneme sounds like any of these."""

FROM_IPA = {sign: phoneme for phoneme, signs in reversed(IPA.items()) for sign in signs}

VOWELS = frozenset("aeiouy")


def pronounced(word: str) -> list[str]:
    """The ARPABET phonemes of one written word; none for a word without a letter, digit or known
    sign."""
    return [phoneme for said in spoken(word) for phoneme in phonemes(said)]


@lru_cache(maxsize=10_000)
def phonemes(word: str) -> tuple[str, ...]:
    known = dictionary()
    plain = word.strip("'")
    for candidate in (word, plain):
        if candidate in known:
            return known[candidate]
    if plain.endswith("'s"):
        return (*phonemes(plain[:-2]), "Z")
    return guessed(plain) if plain else ()


def guessed(word: str) -> tuple[str, ...]:
    """hama's reading of a word the dictionary lacks; one without a vowel is spelled."""
    if len(word) > 1 and not VOWELS & set(word):
        return tuple(phoneme for letter in word for phoneme in phonemes(letter))
    signs = (part.phoneme for part in reader().predict(word).alignments)
    return tuple(FROM_IPA[sign] for sign in signs if sign in FROM_IPA)


@lru_cache(maxsize=1)
def reader() -> G2PModel:
    return G2PModel()


@lru_cache(maxsize=1)
def dictionary() -> dict[str, tuple[str, ...]]:
    """The first pronunciation of each of 125,000 words. Read from pocketsphinx's files; nothing of
    it is imported."""
    package = find_spec("pocketsphinx")
    if package is None or package.origin is None:
        raise ModelUnavailable(
            "the pronouncing dictionary of pocketsphinx is not on this deployment"
        )
    lines = (
        (Path(package.origin).parent / "model/en-us/cmudict-en-us.dict")
        .read_text(encoding="utf-8")
        .splitlines()
    )
    entries = (line.split() for line in lines)
    return {word: tuple(sounds) for word, *sounds in entries if "(" not in word}
