"""Words are turned into phoneme classes by their letters."""

import pytest

from functions.align.letters import (
    LANGUAGES,
    SPELLINGS,
    spelled_classes,
    spellings_of,
    word_letters,
)
from functions.align.phonemes import CLASS_OF, CLASSES
from shared.model.languages import ENGLISH_NAMES, WITHOUT_SPACES


@pytest.mark.parametrize(
    ("word", "language", "classes"),
    [
        ("señor,", "es", "s e n o r"),
        ("Straße", "de", "s t r a s e"),
        ("łódź", "pl", "w o d z"),
        ("Бабушка", "ru", "b a b u ʃ k a"),
        ("Добрый", "ru", "d o b r ɨ j"),
        ("Καλημέρα", "el", "k a l i m e r a"),
        ("taxi", "it", "t a k s i"),
        ("3", "es", "t r e s"),
        ("—", "es", ""),
        ("你好", "es", ""),
    ],
)
def test_letters_are_read_alike_in_most_languages(word: str, language: str, classes: str) -> None:
    assert " ".join(word_letters(word, language)) == classes


@pytest.mark.parametrize(
    ("word", "language", "classes"),
    [
        ("beaux", "fr", "b o"),
        ("chansons", "fr", "ʃ a n s o n"),
        ("vraiment", "fr", "v ʁ ɛ m a n"),
        ("schoen", "nl", "s x u n"),
        ("filhos", "pt", "f i l o s"),
    ],
)
def test_a_language_reads_its_own_spellings(word: str, language: str, classes: str) -> None:
    assert " ".join(word_letters(word, language)) == classes


def test_doubled_letters_are_one_sound() -> None:
    assert spelled_classes("hattu", "fi") == ["h", "a", "t", "u"]


def test_every_sound_has_a_class() -> None:
    classes = set[str]()
    for language in ("", *SPELLINGS):
        for sounds in spellings_of(language).values():
            classes.update(sounds)
    assert classes <= set(CLASSES)


def test_a_token_is_in_a_class_of_its_own_or_in_the_first_that_contains_it() -> None:
    assert CLASS_OF["ŋ"] == "ŋ", "the class n contains it, too"
    assert CLASS_OF["oʊ"] == "o"


def test_only_languages_that_the_recogniser_knows_and_that_have_spaces_are_listed() -> None:
    assert set(ENGLISH_NAMES) >= LANGUAGES
    assert LANGUAGES.isdisjoint(WITHOUT_SPACES)
    assert LANGUAGES.isdisjoint({"en", "ar", "he", "hi", "ko", "ka", "hy"})
