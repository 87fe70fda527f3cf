"""Proves where words begin in texts without spaces, and which spaces are between sentences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.model.languages import WITHOUT_SPACES
from shared.model.spacing import (
    sentence_separator,
    shortest_words,
    split_at_words,
    word_separator,
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("她的孩子almost hurt", "她 的 孩 子 almost hurt"),
        ("「OpenAI」（A）", "「OpenAI」 （A）"),
        ("說:“it’s”好", "說: “it’s” 好"),
        ("３年3月", "３ 年 3 月"),
        ("カード・人々", "カー ド・ 人々"),
        ("ปี๒๕๖๗ค่ะ", "ปี ๒๕๖๗ ค่ะ"),
        ("한국어와日本語", "한국어와 日 本 語"),
        ("...好", "...好"),
    ],
)
def test_words_of_other_scripts_and_marks_are_not_cut(text: str, words: str) -> None:
    assert shortest_words(text) == words.split()


@given(st.text("aé’.5 你好，。「」ー\u3000ก้๒😀\u200d"))
def test_no_character_but_spaces_is_lost(text: str) -> None:
    words = shortest_words(text)
    assert "".join(words) == "".join(text.split())
    pieces = split_at_words(text.strip(), words, "")
    assert not words or "".join(pieces) == text.strip()


@pytest.mark.parametrize(
    ("text", "language", "separator"),
    [
        ("Hello.", "en", " "),
        ("你好。", "zh", ""),
        ("你好.", "yue", ""),
        ("the small dog.", "zh", " "),
        ("the small dog。", "zh", ""),
        ("2024", "ja", " "),
        ("สวัสดี", "th", " "),
        ("", "zh", " "),
        ("?", None, " "),
    ],
)
def test_sentences_have_the_spaces_of_their_language(
    text: str, language: str | None, separator: str
) -> None:
    assert sentence_separator(text, language) == separator


def test_words_of_a_text_that_is_not_theirs_have_the_languages_separator() -> None:
    assert split_at_words("other", ["one", "two"], " ") == ["one ", "two "]
    assert {word_separator(code) for code in WITHOUT_SPACES} == {""}
    assert word_separator("en") == word_separator(None) == " "
