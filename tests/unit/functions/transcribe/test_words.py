"""Tokens are joined into the words of the text, timed in order and inside their region."""

from hypothesis import given
from hypothesis import strategies as st

from functions.transcribe.words import Piece, placed, words
from shared.model.artifacts import Interval

TOKENS = st.lists(
    st.text(st.sampled_from("ab -.,'\"¿\u00a0é日\n"), min_size=1, max_size=4), max_size=12
)


def pieces(*texts: str) -> list[Piece]:
    """One piece every half second, 0.4 s long."""
    return [Piece(text, n / 2, n / 2 + 0.4, 1 / (n + 1)) for n, text in enumerate(texts)]


@given(TOKENS)
def test_words_are_those_of_the_text(texts: list[str]) -> None:
    assert [word.text for word in words(pieces(*texts), spaces=True)] == "".join(texts).split()


def test_a_word_is_timed_by_all_its_pieces() -> None:
    hello, there = words(pieces(" Hel", "lo", " there"), spaces=True)
    assert (hello.text, hello.start, hello.end) == ("Hello", 0.0, 0.9)
    assert (there.text, there.start, there.end) == ("there", 1.0, 1.4)
    assert hello.probability == (1 + 1 / 2) / 2


def test_punctuation_does_not_lengthen_a_word() -> None:
    (hello,) = words(pieces(' "', "Hello", "."), spaces=True)
    assert (hello.text, hello.start, hello.end, hello.probability) == ('"Hello.', 0.5, 0.9, 1 / 2)


def test_a_space_at_the_end_of_a_piece_ends_the_word() -> None:
    assert [(word.text, word.start) for word in words(pieces("a ", "b"), spaces=True)] == [
        ("a", 0.0),
        ("b", 0.5),
    ]


def test_a_word_of_marks_is_timed_by_them() -> None:
    (dots,) = words(pieces(" ..", "."), spaces=True)
    assert (dots.text, dots.start, dots.end) == ("...", 0.0, 0.9)


def test_a_dash_between_spaces_is_a_word_as_in_the_text() -> None:
    assert [word.text for word in words(pieces(" yes", " -", " no"), spaces=True)] == [
        "yes",
        "-",
        "no",
    ]


def test_without_spaces_a_mark_belongs_to_the_word_before_it() -> None:
    assert [word.text for word in words(pieces("「", "你", "好", "。", "吗"), spaces=False)] == [
        "「你",
        "好。",
        "吗",
    ]


@given(TOKENS)
def test_without_spaces_nothing_is_lost(texts: list[str]) -> None:
    assert "".join(word.text for word in words(pieces(*texts), spaces=False)) == "".join(
        "".join(texts).split()
    )


def test_words_are_moved_to_their_window() -> None:
    window = Interval(start=10, end=20)
    assert [(w.start, w.end) for w in placed(pieces("a", "b"), window, [window])] == [
        (10.0, 10.4),
        (10.5, 10.9),
    ]


def test_words_stay_in_their_window_and_in_order() -> None:
    window = Interval(start=10, end=11)
    late = [Piece("a", 0.8, 1.9, 0.5), Piece("b", 0.2, 0.1, 0.5), Piece("c", 3.0, 4.0, 0.5)]
    assert [(w.start, w.end) for w in placed(late, window, [window])] == [
        (10.8, 11.0),
        (10.8, 10.8),
        (11.0, 11.0),
    ]


def test_a_word_does_not_reach_into_silence() -> None:
    speech = [Interval(start=0, end=1), Interval(start=5, end=6)]
    (word,) = placed([Piece("a", 1.5, 5.5, 1.0)], Interval(start=0, end=6), speech)
    assert (word.start, word.end) == (5.0, 5.5)
