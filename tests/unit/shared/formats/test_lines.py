"""No line is wider than its limit, and only a word wider than a line is cut inside."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.formats.breaks import find_breaks
from shared.formats.lines import balance_lines, columns, line_columns, measure, narrow_pieces
from shared.formats.segmentation import split_pieces
from shared.model.spacing import one_line
from tests.support.scripts import LANGUAGES, any_texts, cuts_of, inside_clusters, latin_words

anything = settings(max_examples=300, deadline=None)


def fill_lines(texts: list[str], most: int, language: str | None = None) -> list[str]:
    """Returns the texts in lines, those that are too wide in several parts."""
    pieces = list(narrow_pieces(texts, most))
    if not pieces:
        return []
    breaks = find_breaks(pieces, language)
    ends = balance_lines([measure(piece) for piece in pieces], breaks, most)
    lines = [one_line("".join(pieces[start:end])) for start, end in pairwise([0, *ends])]
    return [line for line in lines if line]


@anything
@given(any_texts, st.sampled_from(LANGUAGES))
def test_any_text_fills_lines_within_the_limit(text: str, language: str | None) -> None:
    most = line_columns(language)
    lines = fill_lines(split_pieces(text, language), most, language)
    assert all(columns(line) <= most for line in lines)
    assert all(line == line.strip() and line for line in lines)
    cuts = set(cuts_of(text, lines)) if lines else set()
    for cluster in inside_clusters(text):
        assert cluster not in cuts
    for start, end in latin_words(text):
        if columns(text[start:end]) <= most:
            assert not cuts & set(range(start + 1, end))


@pytest.mark.parametrize(
    "text, width",
    [
        ("abc", 3),
        ("你好", 4),
        ("한국", 4),
        ("ｶﾞ", 2),
        ("cafe\u0301", 4),
        ("ที่", 1),
        ("👨‍👩‍👧", 2),
        ("a\x01b", 2),
    ],
)
def test_columns_are_those_of_a_font_of_fixed_width(text: str, width: int) -> None:
    assert columns(text) == width


@pytest.mark.parametrize(
    "language, characters", [("en", 42), ("th", 42), (None, 42), ("zh", 32), ("yue", 32)]
)
def test_full_width_languages_have_narrower_lines(language: str | None, characters: int) -> None:
    assert line_columns(language) == characters
    assert (line_columns("ja"), line_columns("ko")) == (26, 32)


def test_a_word_wider_than_a_line_is_cut_where_it_fills_the_line() -> None:
    assert fill_lines(["see ", "w" * 50, " ok"], 42) == ["see", "w" * 42, "wwwwwwww ok"]
    address = "https://example.com/a-long-path/whichneverends"
    assert fill_lines([address], 42) == ["https://example.com/a-long-path/", "whichneverends"]
    words = "the Grünstraßenverkehrsordnung of “Österreich”"
    assert fill_lines([words], 42) == ["the Grünstraßenverkehrsordnung of", "“Österreich”"]


def test_a_piece_wider_than_a_line_is_cut_before_no_mark() -> None:
    text = "アーティフィシャルインテリジェンスコンピューティング"
    first, second = fill_lines([text], 32)
    assert (first, second) == ("アーティフィシャルインテリジェン", "スコンピューティング")
    assert fill_lines(["ー" * 20], 32) == ["ー" * 16, "ー" * 4]
    assert fill_lines(["w" * 42 + " !"], 42) == ["w" * 42, "!"], "but a word that fits is not cut"
    assert fill_lines(["! " * 30], 42) == [" ".join("!" * 21), " ".join("!" * 9)]


def test_an_emoji_of_several_people_stays_whole() -> None:
    family = "👨‍👩‍👧‍👦"
    parts = list(narrow_pieces([family + "。" * 30], 42))
    assert parts == [family + "。" * 20, "。" * 10]


def test_a_grapheme_cluster_wider_than_a_line_is_cut_all_the_same() -> None:
    lines = fill_lines(["\u1100" * 30], 42)
    assert [columns(line) for line in lines] == [42, 18]
