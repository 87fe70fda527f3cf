"""Each aligned word is assigned to the sentence it belongs to, also without spaces."""

import pytest

from functions.align.sentences import sentences


@pytest.mark.parametrize(
    ("text", "language", "numbers"),
    [
        ("Hello. How are you? Fine!", "en", [0, 1, 1, 1, 2]),
        ("I met Mr. Smith at 3.5 percent.", "en", [0] * 7),
        ('"Really?" he said. "Yes."', "en", [0, 1, 1, 2]),
        ("Das ist z.B. so. Gut.", "de", [0, 0, 0, 0, 1]),
        ("no full stop", None, [0, 0, 0]),
        ("", "en", []),
    ],
)
def test_each_word_has_its_sentence(text: str, language: str | None, numbers: list[int]) -> None:
    assert sentences(text.split(), language) == numbers


def test_words_without_spaces_have_one_too() -> None:
    assert sentences(["你", "好!", "你", "好"], "zh") == [0, 0, 0, 0]
    assert sentences(["สวัสดี"], "th") == [0]
