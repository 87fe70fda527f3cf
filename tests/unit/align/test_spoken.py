import pytest

from functions.align.spoken import spoken


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Hello,", "hello"),
        ("don’t", "don't"),
        ("café", "cafe"),
        ("state-of-the-art", "state of the art"),
        ("0", "zero"),
        ("42", "forty two"),
        ("100", "one hundred"),
        ("1,234", "one thousand two hundred thirty four"),
        ("2500000", "two million five hundred thousand"),
        ("1998", "nineteen ninety eight"),
        ("1900", "nineteen hundred"),
        ("2005", "two thousand five"),
        ("2024.", "twenty twenty four"),
        ("1990s", "nineteen nineties"),
        ("1st", "first"),
        ("20th", "twentieth"),
        ("22nd", "twenty second"),
        ("3.14", "three point one four"),
        ("50%", "fifty percent"),
        ("$5", "five dollars"),
        ("$3.50", "three dollars fifty"),
        ("10:30", "ten thirty"),
        ("007", "zero zero seven"),
        ("12345678901", "one two three four five six seven eight nine zero one"),
        ("AT&T", "at and t"),
        ("me@home", "me at home"),
        ("$", "dollars"),
        ("—", ""),
        ("日本", ""),
    ],
)
def test_what_a_reader_says(written: str, said: str) -> None:
    assert " ".join(spoken(written)) == said
