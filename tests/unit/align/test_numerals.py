"""Numbers and signs are turned into the words that are spoken, in each language."""

import pytest

from functions.align.numerals import read_out


@pytest.mark.parametrize(
    ("written", "language", "said"),
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
def test_what_is_said(written: str, language: str, said: str) -> None:
    assert " ".join(read_out(written, language)) == said


@pytest.mark.parametrize("language", ["zh", "el", "xx", "am"])
def test_digits_of_other_languages_are_not_said(language: str) -> None:
    assert read_out("1998", language) == []
    assert read_out("x1998", language) == ["x"]
