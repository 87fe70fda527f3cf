"""Words are grouped into sentences."""

import re

import pytest

from functions.align.sentences import sentence_indices


@pytest.mark.parametrize(
    ("text", "language", "indices"),
    [
        ("Hello. How are you? Fine!", "en", [0, 1, 1, 1, 2]),
        ("I met Mr. Smith at 3.5 percent.", "en", [0] * 7),
        ('"Really?" he said. "Yes."', "en", [0, 1, 1, 2]),
        ("Das ist z.B. so. Gut.", "de", [0, 0, 0, 0, 1]),
        ("no full stop", None, [0, 0, 0]),
        ("", "en", []),
    ],
)
def test_each_word_has_the_index_of_its_sentence(
    text: str, language: str | None, indices: list[int]
) -> None:
    pieces = re.findall(r"\S+ ?", text)
    assert sentence_indices(pieces, language) == indices


def test_words_of_languages_without_spaces_have_sentences() -> None:
    assert sentence_indices(["你", "好!", "你", "好"], "zh") == [0, 0, 0, 0]
    assert sentence_indices(["สวัสดี"], "th") == [0]
