"""A line ends after a clause or before a conjunction rather than after an article or in a name."""

import pytest

from shared.formats.breaks import Break, break_between, find_breaks


@pytest.mark.parametrize(
    ("text", "following", "language", "quality"),
    [
        ("done. ", "Then ", "en", Break.SENTENCE),
        ("“Done!” ", "Then ", "en", Break.SENTENCE),
        ("well, ", "you ", "en", Break.CLAUSE),
        ("night ", "and ", "en", Break.PHRASE),
        ("house ", "“in ", "en", Break.PHRASE),
        ("green ", "house ", "en", Break.PLAIN),
        ("the ", "house ", "en", Break.POOR),
        ("The ", "house ", "en", Break.POOR),
        ("and, ", "well ", "en", Break.CLAUSE),
        ("New ", "York ", "en", Break.POOR),
        ("said ", "York ", "en", Break.PLAIN),
        ("Anna ", "I’m ", "en", Break.PLAIN),
        ("I ", "Anna ", "en", Break.POOR),
        ("Mr. ", "Smith ", "en", Break.POOR),
        ("So. ", "Smith ", "en", Break.SENTENCE),
        ("J. ", "Smith ", "en", Break.POOR),
        ("5. ", "Smith ", "en", Break.SENTENCE),
        ("mit ", "der ", "de", Break.POOR),
        ("Haus ", "und ", "de", Break.PHRASE),
        ("maison ", "avec ", "fr", Break.PHRASE),
        ("casa ", "con ", "es", Break.PHRASE),
        ("della ", "casa ", "it", Break.POOR),
        ("huis ", "omdat ", "nl", Break.PHRASE),
        ("uma ", "casa ", "pt", Break.POOR),
        ("the ", "house ", "fi", Break.PLAIN),
        ("天気が、", "いいので", "ja", Break.CLAUSE),
        ("", "", None, Break.PLAIN),
    ],
)
def test_the_quality_of_a_break(
    text: str, following: str, language: str | None, quality: Break
) -> None:
    assert break_between(text, following, language) is quality


def test_a_text_ends_like_a_sentence() -> None:
    assert find_breaks(["to ", "the"], "en") == [Break.POOR, Break.SENTENCE]
