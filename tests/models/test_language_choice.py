"""With language=multi, each speech interval has one of the languages of the option."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest

from functions.transcribe.chunk_decoder import ChunkDecoder
from functions.transcribe.stage import TranscribeParams
from functions.transcribe.timed_whisper import TimedWhisperModel
from functions.transcribe.whisper import Whisper
from shared.model.artifacts import SAMPLE_RATE, Interval
from shared.model.audio import Samples
from shared.model.contracts import Engine

pytestmark = pytest.mark.models
SPEECH = (Interval(start=0, end=4), Interval(start=6, end=10))
NORWEGIAN_OR_ENGLISH = {"no": 0.9, "en": 0.09, "de": 0.01}
GERMAN = {"no": 0.01, "en": 0.01, "de": 0.98}


class FakeModel:
    """Guesses the language of one group of speech after the other."""

    def __init__(self, guesses: Sequence[dict[str, float]]) -> None:
        self.guesses = list(guesses)

    def language_probabilities(self, window: Samples) -> dict[str, float]:
        return self.guesses.pop(0)


def languages_of_requests(languages: tuple[str, ...]) -> list[str]:
    """Returns the languages in which two groups of speech are decoded."""
    recogniser = Whisper.__new__(Whisper)  # without a model
    recogniser.model = cast(TimedWhisperModel, FakeModel([NORWEGIAN_OR_ENGLISH, GERMAN]))
    recogniser.engine = Engine(name="fake", version="1", model="tiny")
    recogniser.languages = frozenset({"no", "en", "de"})
    samples = np.zeros(12 * SAMPLE_RATE, dtype=np.float32)
    params = TranscribeParams(language="multi", languages=languages)
    decoder = SimpleNamespace(samples=samples, speech=SPEECH, params=params)
    requests = recogniser.plan_requests(cast(ChunkDecoder, decoder), "en")
    return [request.language for request in requests]


@pytest.mark.parametrize(
    ("languages", "decoded"),
    [
        ((), ["no", "de"]),
        (("en", "de"), ["en", "de"]),
        (("en",), ["en"]),
    ],
)
def test_groups_of_speech_have_the_languages_of_the_option(
    languages: tuple[str, ...], decoded: list[str]
) -> None:
    assert languages_of_requests(languages) == decoded
