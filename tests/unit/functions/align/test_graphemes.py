"""Words are written in the letters of a wav2vec2 model's dictionary."""

import pytest

from functions.align.acoustic_model import WILDCARD
from functions.align.graphemes import word_encoder

ENGLISH = ["-", "|", *"abcdefghijklmnopqrstuvwxyz'"]
"""The dictionary of torchaudio's bundles; the hyphen is the blank."""
GERMAN = ["<pad>", "<unk>", "|", *"abcdefghijklmnopqrstuvwxyzäöüß"]
CHINESE = ["[pad]", "[unk]", "你", "好"]


@pytest.mark.parametrize(
    ("dictionary", "language", "word", "letters"),
    [
        (ENGLISH, "en", "Hello,", "hello"),
        (ENGLISH, "en", "don’t", "don't"),
        (ENGLISH, "en", "twenty-5%", "twenty|five|percent"),
        (ENGLISH, "en", "naïve", "naive"),
        (ENGLISH, "en", "—", WILDCARD),
        (GERMAN, "de", "Straße!", "straße"),
        (GERMAN, "de", "21", "einundzwanzig"),
        (GERMAN, "de", "Ångström", "angström"),
        (ENGLISH, "de", "Straße", "strasse"),
        (GERMAN, "xx", "21", WILDCARD),
        (CHINESE, "zh", "你好!", "你好"),
        (CHINESE, "zh", "1998", WILDCARD),
    ],
)
def test_a_word_is_written_in_the_models_letters(
    dictionary: list[str], language: str, word: str, letters: str
) -> None:
    assert word_encoder(language, dictionary)(word) == letters
