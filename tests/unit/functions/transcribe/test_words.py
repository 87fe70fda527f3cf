"""Proves that token spans become the words of the text, with times inside speech and in order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.transcribe.words import TokenSpan, join_words, one_line, place_words
from shared.model.artifacts import Interval

TEXTS = st.lists(
    st.text(st.sampled_from("ab -.,'\"¿\u00a0é日\n"), min_size=1, max_size=4), max_size=12
)


def spans(*texts: str) -> list[TokenSpan]:
    """Returns one span every 0.5 s, each 0.4 s long, with probabilities 1, 1/2, 1/3, …"""
    return [
        TokenSpan(text, index / 2, index / 2 + 0.4, 1 / (index + 1))
        for index, text in enumerate(texts)
    ]


def texts_of(words: list[TokenSpan]) -> list[str]:
    return [word.text for word in words]


@given(TEXTS)
def test_words_are_those_of_the_text(texts: list[str]) -> None:
    assert texts_of(join_words(spans(*texts), "en")) == "".join(texts).split()


def test_a_word_is_timed_by_all_its_spans() -> None:
    hello, there = join_words(spans(" Hel", "lo", " there"), "en")
    assert (hello.text, hello.start, hello.end) == ("Hello", 0.0, 0.9)
    assert (there.text, there.start, there.end) == ("there", 1.0, 1.4)
    assert hello.probability == (1 + 1 / 2) / 2


def test_punctuation_does_not_lengthen_a_word() -> None:
    (hello,) = join_words(spans(' "', "Hello", "."), "en")
    assert (hello.text, hello.start, hello.end, hello.probability) == ('"Hello.', 0.5, 0.9, 1 / 2)


def test_a_space_at_the_end_of_a_span_ends_the_word() -> None:
    words = join_words(spans("a ", "b"), "en")
    assert [(word.text, word.start) for word in words] == [("a", 0.0), ("b", 0.5)]


def test_a_word_of_punctuation_has_the_times_of_all_its_spans() -> None:
    (dots,) = join_words(spans(" ..", "."), "en")
    assert (dots.text, dots.start, dots.end) == ("...", 0.0, 0.9)


def test_a_dash_between_spaces_is_a_word_as_in_the_text() -> None:
    assert texts_of(join_words(spans(" yes", " -", " no"), "en")) == ["yes", "-", "no"]


def test_without_spaces_punctuation_belongs_to_the_word_before_it() -> None:
    words = join_words(spans("「", "你", "好", "。", "吗"), "zh")
    assert texts_of(words) == ["「你", "好。", "吗"]


@pytest.mark.parametrize(
    ("language", "texts", "words"),
    [
        (
            "zh",
            ["她", "的", "孩子", "al", "most", " hurt", " the", " dog", "。", "很", " 好"],
            "她 的 孩子 almost hurt the dog。 很 好",
        ),
        ("yue", [" The", "Child", " H", "urt", "."], "TheChild Hurt."),
        ("ja", ["Open", "AI", "です", "。", "G", "oog", "le", "も"], "OpenAI です。 Google も"),
        ("ja", ["東", "京", "\u3000", "大", "阪"], "東 京 大 阪"),
        ("zh", ["「", "Open", "AI", "」", "和", "「", "你", "」"], "「OpenAI」 和 「你」"),
        ("zh", ["Hello", "，", "world", "！", "You", ",", "me"], "Hello， world！ You,me"),
        ("zh", ["it", "'s", " e", "-", "mail", "的", "'", "好", "'"], "it's e-mail 的' 好'"),
        ("zh", ["去", "https", "://", "a", ".", "com", "/", "b", "看"], "去 https://a.com/b 看"),
        (
            "zh",
            ["花", "€", "3", ".", "14", "的", "50", "%", "好", ".", "A"],
            "花 €3.14 的 50% 好. A",
        ),
        ("ja", ["カ", "ー", "ド", "々", "人", "々"], "カー ド々 人々"),
        (
            "zh",
            ["好", "😀", "\u200d", "😀", "🏽", "Then", "ＡＢ", "Ｃ"],
            "好😀\u200d😀🏽 ThenＡＢＣ",
        ),
        ("th", ["ส", "วั", "สดี", " ครับ", " ปี", "๒", "๕", "๖๗", "นะ"], "ส วั สดี ครับ ปี ๒๕๖๗ นะ"),
        ("th", ["น", "้", "ำ", "ท", "ี่"], "น้ำ ที่"),
        ("lo", ["ສ", "ະ", "ບາຍ", " ດີ", "COVID", "19"], "ສະ ບາຍ ດີ COVID19"),
        ("km", ["ខ", "្", "ញុំ", " USB", "ទៅ"], "ខ្ញុំ USB ទៅ"),
        ("my", ["မင်္ဂ", "လာ", "ပါ", "။", "WiFi"], "မင်္ဂ လာ ပါ။ WiFi"),
        ("bo", ["བ", "ོད", "་", "ཡིག", "།", " Tibet"], "བོད་ ཡིག། Tibet"),
    ],
)
def test_without_spaces_latin_words_are_whole_and_others_are_spans(
    language: str, texts: list[str], words: str
) -> None:
    assert texts_of(join_words(spans(*texts), language)) == words.split()


def test_a_latin_word_without_spaces_is_timed_by_all_its_spans() -> None:
    her, hurt = join_words(spans("她", "H", "urt"), "yue")
    assert (her.text, her.start, her.end) == ("她", 0.0, 0.4)
    assert (hurt.text, hurt.start, hurt.end) == ("Hurt", 0.5, 1.4)


@given(TEXTS)
def test_without_spaces_no_character_is_lost_and_spaces_part_words(texts: list[str]) -> None:
    words = texts_of(join_words(spans(*texts), "zh"))
    assert "".join(words) == "".join("".join(texts).split())
    assert one_line(spans(*texts)) == " ".join("".join(texts).split())
    assert not any(" " in word for word in words)


def test_words_are_moved_to_chunk_time() -> None:
    window = Interval(start=10, end=20)
    placed = place_words(spans("a", "b"), window, [window])
    assert [(word.start, word.end) for word in placed] == [(10.0, 10.4), (10.5, 10.9)]


def test_words_stay_in_their_window_and_in_order() -> None:
    window = Interval(start=10, end=11)
    late = [
        TokenSpan("a", 0.8, 1.9, 0.5),
        TokenSpan("b", 0.2, 0.1, 0.5),
        TokenSpan("c", 3.0, 4.0, 0.5),
    ]
    placed = place_words(late, window, [window])
    assert [(word.start, word.end) for word in placed] == [
        (10.8, 11.0),
        (10.8, 10.8),
        (11.0, 11.0),
    ]


def test_a_word_does_not_reach_into_silence() -> None:
    speech = [Interval(start=0, end=1), Interval(start=5, end=6)]
    window = Interval(start=0, end=6)
    (word,) = place_words([TokenSpan("a", 1.5, 5.5, 1.0)], window, speech)
    assert (word.start, word.end) == (5.0, 5.5)
