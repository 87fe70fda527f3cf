"""Proves how text is split into units that can be counted and compared."""

from functions.transcribe.text_units import ngrams, text_units, units_per_word, word_count
from shared.model.spacing import is_punctuation


def test_units_are_words_without_case_and_punctuation() -> None:
    assert text_units('"Well, I\'m HERE" – yes.', "en") == ["well", "im", "here", "yes"]


def test_units_are_characters_where_no_spaces_are_written() -> None:
    assert text_units("谢谢, 观看。", "zh") == ["谢", "谢", "观", "看"]
    assert (units_per_word("en"), units_per_word(None), units_per_word("zh")) == (1, 1, 2)


def test_words_in_other_scripts_count_as_words_where_no_spaces_are_written() -> None:
    units = text_units("她的孩子almost hurt it's, 3.14!", "zh")
    assert units == ["她", "的", "孩", "子", "almost", "hurt", "its", "314"]
    assert word_count(units, "zh") == 4 / 2 + 4
    assert word_count(["her", "child"], "en") == 2
    assert text_units("น้ำดี", "th") == ["น้ำ", "ดี"]


def test_ngrams_are_all_runs_of_a_size() -> None:
    assert ngrams(["a", "b", "c"], 2) == {("a", "b"), ("b", "c")}
    assert ngrams(["a"], 2) == set()


def test_letters_and_digits_are_no_punctuation() -> None:
    assert is_punctuation(" …,\n") and is_punctuation("")
    assert not is_punctuation("-1") and not is_punctuation("é")
