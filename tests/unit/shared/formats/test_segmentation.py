"""Texts of any script are divided between words only, and joined again they are the same texts."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.formats.segmentation import split_pieces
from tests.support.scripts import (
    CLOSING,
    LANGUAGES,
    any_texts,
    inside_clusters,
    latin_words,
    phrase_texts,
)

languages = st.sampled_from(LANGUAGES)
anything = settings(max_examples=300, deadline=None)


def marked(text: str, language: str | None, word_ends: range = range(0)) -> str:
    """Returns the text with a bar at each place where it may be cut."""
    return "|".join(split_pieces(text, language, word_ends))


@anything
@given(any_texts, languages)
def test_joined_pieces_are_the_text(text: str, language: str | None) -> None:
    assert "".join(split_pieces(text, language, range(len(text)))) == text


@anything
@given(any_texts, languages)
def test_no_piece_begins_inside_a_grapheme_cluster_or_a_latin_word(
    text: str, language: str | None
) -> None:
    cuts = cuts_between(split_pieces(text, language, range(len(text))))
    assert not cuts & inside_clusters(text)
    for start, end in latin_words(text):
        assert not cuts & set(range(start + 1, end))


@anything
@given(phrase_texts, languages)
def test_no_piece_begins_with_what_closes_the_one_before(text: str, language: str | None) -> None:
    _, *others = split_pieces(text, language, range(len(text)))
    assert not [piece for piece in others if piece[0] in CLOSING]
    assert all(piece.strip() for piece in others)


def cuts_between(pieces: list[str]) -> set[int]:
    cuts = set()
    position = 0
    for piece in pieces[:-1]:
        position += len(piece)
        cuts.add(position)
    return cuts


@pytest.mark.parametrize(
    "language, text",
    [
        ("zh", "今天|我们|来|讨论|一下OpenAI|和|Google|都|在|做|的|事情，"),
        ("zh", "我們|應該|繼續|討論|ChatGPT|和|臺灣|的|「非常|重要」|的|結論。"),
        ("zh", "怎麼樣?|請問|那|個|車站|怎麼|走？|OK！|好"),
        ("th", "พ.ศ.2569"),
        ("yue", "真係|好|開心|呀！"),
        ("ja", "今日は|Googleと|OpenAIの|ニュースを、|ちょっと|詳しく|お伝えします。"),
        ("ja", "「コンピューター」って、|すごいですよね？"),
        ("th", "ที่|กำลัง|ทำ|อยู่ ๆ |25|บาท |น้ำ"),
        ("ko", "오늘은 |인공지능에 |대해서"),
        ("bo", "བོད་|ཀྱི་|སྐད་|ཡིག་|ཡིན་|ནོ།"),
        ("fr", "Bonjour ! |« Ça |va ? » |dit-il."),
        ("de", "sagte |»Haus« |und |5 |€ |mehr"),
        ("en", "well-known ... |...and |-5"),
        ("km", "ខ្ញុំ\u200b|ចង់"),
    ],
)
def test_languages_are_cut_between_their_words(language: str, text: str) -> None:
    assert marked(text.replace("|", ""), language) == text


def test_the_script_decides_where_the_language_is_unknown_or_another() -> None:
    assert marked("今日はいい天気ですね", None) == "今日は|いい|天気ですね"
    assert marked("今日はいい天気ですね", "en") == "今日は|いい|天気ですね"
    assert marked("He said 你好世界.", "en") == "He |said |你|好|世界."


def test_a_script_without_a_model_is_cut_at_the_recognisers_words() -> None:
    words = ["ຂ້ອຍ", "ຊື່", "ວ່າ", "ນ້ຳ"]
    assert split_pieces("".join(words), "lo", [4, 7, 10]) == words
    assert split_pieces("".join(words), "lo") == ["".join(words)]
    assert split_pieces("ນ້ຳ", "lo", [1, 2]) == ["ນ້ຳ"], "a tone mark never comes first"
    assert split_pieces("တောင်", "my", [1, 2, 3, 4]) == ["တောင်"], "nor does an end of a syllable"
