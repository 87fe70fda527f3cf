"""English words are turned into ARPABET phonemes by dictionary, rule or prediction."""

import pytest

from functions.align.g2p import IPA, pronouncing_dictionary, pronunciation, word_phonemes


@pytest.mark.parametrize(
    ("word", "phonemes"),
    [
        ("Hello!", "HH AH L OW"),
        ("don't", "D OW N T"),
        ("'hello'", "HH AH L OW"),
        ("$2", "T UW D AA L ER Z"),
        ("—", ""),
    ],
)
def test_a_word_has_the_phonemes_of_the_dictionary(word: str, phonemes: str) -> None:
    assert " ".join(word_phonemes(word)) == phonemes


def test_a_possessive_ends_with_z_after_its_owners_phonemes() -> None:
    assert "workbench's" not in pronouncing_dictionary()
    assert pronunciation("workbench's") == (*pronunciation("workbench"), "Z")


def test_the_model_predicts_a_word_that_the_dictionary_lacks() -> None:
    assert "dropscribe" not in pronouncing_dictionary()
    assert " ".join(pronunciation("dropscribe")) == "D R AA P S K R AY B"


def test_a_word_without_a_vowel_is_spelled_out() -> None:
    assert "xqc" not in pronouncing_dictionary()
    assert pronunciation("xqc") == (*pronunciation("x"), *pronunciation("q"), *pronunciation("c"))


def test_the_dictionary_has_no_phoneme_that_the_model_lacks() -> None:
    assert len(pronouncing_dictionary()) > 120_000
    phonemes = set[str]()
    for pronounced in pronouncing_dictionary().values():
        phonemes.update(pronounced)
    assert phonemes == set(IPA)
