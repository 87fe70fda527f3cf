"""Written words are turned into their spoken form in languages other than English."""

import pytest

from functions.align.normalize import spoken_words


@pytest.mark.parametrize(
    ("written", "language", "spoken"),
    [
        ("21", "de", "einundzwanzig"),
        ("1998", "de", "neunzehnhundertachtundneunzig"),
        ("1998", "fr", "mille neuf cent quatre-vingt-dix-huit"),
        ("2.000.000", "de", "zwei Millionen"),
        ("3,5", "es", "tres , cinco"),
        ("50%", "fr", "cinquante pour cent"),
        ("€5", "it", "euro cinque"),
        ("10:30", "nl", "tien : dertig"),
        ("42.", "pl", "czterdzieści dwa ."),
        ("12345678901", "pt", "um dois três quatro cinco seis sete oito nove zero um"),
        ("三十", "ja", "三十"),
        ("Straße", "de", "Straße"),
    ],
)
def test_a_written_word_has_its_spoken_form(written: str, language: str, spoken: str) -> None:
    assert " ".join(spoken_words(written, language)) == spoken


@pytest.mark.parametrize("language", ["zh", "el", "xx", "am"])
def test_digits_in_unknown_languages_are_left_out(language: str) -> None:
    assert spoken_words("1998", language) == []
    assert spoken_words("x1998", language) == ["x"]
