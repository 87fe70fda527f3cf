"""English words get the phonemes of the dictionary, or of a rule where it lacks the word."""

import pytest

from functions.align.phonemes import IPA, dictionary, phonemes, pronounced


@pytest.mark.parametrize(
    ("word", "sounds"),
    [
        ("Hello!", "HH AH L OW"),
        ("don't", "D OW N T"),
        ("'hello'", "HH AH L OW"),
        ("$2", "T UW D AA L ER Z"),
        ("—", ""),
    ],
)
def test_a_word_sounds_as_in_the_dictionary(word: str, sounds: str) -> None:
    assert " ".join(pronounced(word)) == sounds


def test_a_possessive_sounds_like_its_word() -> None:
    assert "workbench's" not in dictionary()
    assert phonemes("workbench's") == (*phonemes("workbench"), "Z")


def test_a_word_the_dictionary_lacks_is_read() -> None:
    assert "dropscribe" not in dictionary()
    assert " ".join(phonemes("dropscribe")) == "D R AA P S K R AY B"


def test_a_word_without_a_vowel_is_spelled() -> None:
    assert "xqc" not in dictionary()
    assert phonemes("xqc") == (*phonemes("x"), *phonemes("q"), *phonemes("c"))


def test_the_dictionary_has_no_phoneme_that_the_model_lacks() -> None:
    assert len(dictionary()) > 120_000
    assert {sound for sounds in dictionary().values() for sound in sounds} == set(IPA)
