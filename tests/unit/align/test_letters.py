"""A word is spelled in the letters that the acoustic model knows."""

import pytest

from functions.align.acoustic import UNKNOWN
from functions.align.letters import writer

ENGLISH = ["-", "|", *"abcdefghijklmnopqrstuvwxyz'"]
"""As torchaudio's bundles have it: the hyphen is the blank."""
GERMAN = ["<pad>", "<unk>", "|", *"abcdefghijklmnopqrstuvwxyzäöüß"]
CHINESE = ["[pad]", "[unk]", "你", "好"]


@pytest.mark.parametrize(
    ("dictionary", "language", "word", "letters"),
    [
        (ENGLISH, "en", "Hello,", "hello"),
        (ENGLISH, "en", "don’t", "don't"),
        (ENGLISH, "en", "twenty-5%", "twenty|five|percent"),
        (ENGLISH, "en", "naïve", "naive"),
        (ENGLISH, "en", "—", UNKNOWN),
        (GERMAN, "de", "Straße!", "straße"),
        (GERMAN, "de", "21", "einundzwanzig"),
        (GERMAN, "de", "Ångström", "angström"),
        (ENGLISH, "de", "Straße", "strasse"),
        (GERMAN, "xx", "21", UNKNOWN),
        (CHINESE, "zh", "你好!", "你好"),
        (CHINESE, "zh", "1998", UNKNOWN),
    ],
)
def test_a_word_in_the_models_letters(dictionary: list[str], language: str, word: str, letters: str) -> None:
    assert writer(language, dictionary)(word) == letters
