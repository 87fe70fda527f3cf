"""English words are turned into phoneme classes by dictionary, rule or prediction."""

import pytest

from functions.align.g2p import ARPABET, pronouncing_dictionary, pronunciation, word_phonemes
from functions.align.phonemes import CLASSES


@pytest.mark.parametrize(
    ("word", "phonemes"),
    [
        ("Hello!", "h ʌ l o"),
        ("don't", "d o n t"),
        ("'hello'", "h ʌ l o"),
        ("$2", "t u d ɑ l ɜ z"),
        ("—", ""),
    ],
)
def test_a_word_has_the_phonemes_of_the_dictionary(word: str, phonemes: str) -> None:
    assert " ".join(word_phonemes(word)) == phonemes


def test_a_possessive_ends_with_z_after_its_owners_phonemes() -> None:
    assert "workbench's" not in pronouncing_dictionary()
    assert pronunciation("workbench's") == (*pronunciation("workbench"), "z")


def test_the_model_predicts_a_word_that_the_dictionary_lacks() -> None:
    assert "dropscribe" not in pronouncing_dictionary()
    assert " ".join(pronunciation("dropscribe")) == "d r ɑ p s k r a b"


def test_a_word_without_a_vowel_is_spelled_out() -> None:
    assert "xqc" not in pronouncing_dictionary()
    assert pronunciation("xqc") == (*pronunciation("x"), *pronunciation("q"), *pronunciation("c"))


def test_the_dictionary_has_no_phoneme_without_a_class() -> None:
    assert len(pronouncing_dictionary()) > 120_000
    phonemes = set[str]()
    for pronounced in pronouncing_dictionary().values():
        phonemes.update(pronounced)
    assert phonemes == set(ARPABET.values())
    assert phonemes <= set(CLASSES)
