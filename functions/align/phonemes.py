"""Broad classes of phonemes: what the words of many languages are written in for hama.

hama recognises English. Of another language it recognises the English sounds that are most alike,
not always the same one. So each class is a set of hama's tokens, and a sound of the class is as
probable as all of its tokens together. The sets overlap.
"""

from collections.abc import Mapping

CLASSES: Mapping[str, str] = {
    "a": "a æ ɑ ʌ aɪ aʊ ɐ",
    "ɑ": "ɑ a ɒ ɔ ʌ",
    "æ": "æ a ɛ",
    "ʌ": "ʌ ə ɑ ɐ",
    "e": "eɪ e ɛ ɪ",
    "ɛ": "ɛ e æ eə eɪ",
    "ə": "ə ʌ ɪ ɐ ɛ",
    "ɜ": "ɝ ɜ ɚ",
    "i": "i ɪ",
    "ɪ": "ɪ i ə ɨ",
    "ɨ": "ɪ ɨ i ə",
    "o": "oʊ o ɔ ʊ",
    "ɔ": "ɔ ɑ oʊ o ɔɪ",
    "ø": "ø ə ɝ ɜ ʊ e ɚ",
    "u": "u ʊ ʉ oʊ",
    "ʊ": "ʊ u ə",
    "y": "y ʏ u i ʉ ju",
    "p": "p pʰ b",
    "b": "b p v β",
    "t": "t tʰ d ɾ ʔ",
    "d": "d ð ɾ t ɖ",
    "k": "k kʰ c ɡ g",
    "ɡ": "ɡ g ɣ k",
    "f": "f",
    "v": "v f w b",
    "θ": "θ s f",
    "ð": "ð d",
    "s": "s z",
    "z": "z s",
    "ʃ": "ʃ s",
    "ʒ": "ʒ ʃ d͡ʒ z",
    "x": "h x k",
    "h": "h ɦ",
    "ɣ": "ɡ g ɣ w h",
    "t͡s": "t s t͡ʃ",
    "t͡ʃ": "t͡ʃ ʃ t",
    "d͡ʒ": "d͡ʒ ʒ d",
    "m": "m n",
    "n": "n m ŋ",
    "ŋ": "ŋ n",
    "ɲ": "n ɲ j",
    "l": "l ɫ",
    "r": "ɹ r ɾ d",
    "ʁ": "ɹ ʁ h ɣ w g ɡ",
    "j": "j i",
    "w": "w u",
}
"""hama's tokens by the name of the class, the most typical sound in it."""


def classes_of_tokens() -> dict[str, str]:
    """Returns the class of each of hama's tokens: its own, or else the first that contains it."""
    class_of: dict[str, str] = {}
    for name, signs in CLASSES.items():
        tokens = signs.split()
        for token in tokens:
            class_of.setdefault(token, name)
    own = {name: name for name in CLASSES}
    return class_of | own


CLASS_OF = classes_of_tokens()
