"""A reader is warned of an uncertain language, and of several languages in one recording."""

import pytest

from functions.finalize.answer.language_warnings import find_language_warnings
from shared.model.artifacts import Detection, LanguageGuess
from shared.model.transcript import Language
from tests.support.finalize_inputs import engine


def warnings_of(
    *windows: tuple[str, float], confidence: float = 0.9, method: str = "detected"
) -> list[tuple[str, str]]:
    """Returns code and message of the warnings about a recording that was detected as English."""
    guesses = tuple(
        LanguageGuess(start=index, end=index + 1, code=code, confidence=probability)
        for index, (code, probability) in enumerate(windows)
    )
    detection = Detection(
        code="en",
        confidence=confidence,
        probabilities={"en": 0.6123, "de": 0.2},
        windows=guesses,
        engine=engine("faster-whisper"),
    )
    language = Language.model_validate(
        {"code": "en", "confidence": confidence, "method": method, "windows": guesses}
    )
    found = find_language_warnings(language, detection)
    return [(warning.code, warning.message) for warning in found]


def test_a_certain_language_is_no_warning() -> None:
    assert warnings_of(("en", 0.98), ("en", 0.5), confidence=0.7) == []


def test_an_uncertain_language_is_a_warning_with_the_probabilities() -> None:
    ((code, message),) = warnings_of(("en", 0.65), confidence=0.69)
    assert code == "language_uncertain"
    assert message == (
        "The language may be another than en (en 0.61, de 0.20). "
        "With language=multi the language of each part is detected."
    )


def test_two_clear_languages_are_a_warning_with_the_probabilities() -> None:
    windows = [("de", 0.91), ("en", 0.98), ("en", 0.88), ("fr", 0.69)]
    for confidence in (0.9, 0.1):
        ((code, message),) = warnings_of(*windows, confidence=confidence)
        assert code == "several_languages"
        assert message == (
            "Several languages were detected (en 0.93, de 0.91), but all of the text is in en. "
            "With language=multi the language of each part is detected."
        )


def test_a_part_in_an_unclear_language_is_no_warning() -> None:
    assert warnings_of(("en", 0.98), ("nn", 0.69)) == []


@pytest.mark.parametrize("method", ["given", "multi"])
def test_a_language_that_was_chosen_is_no_warning(method: str) -> None:
    assert warnings_of(("en", 0.98), ("de", 0.98), confidence=0.1, method=method) == []


def test_without_a_detection_there_is_no_warning() -> None:
    given = Language(code="en", confidence=None, method="given", windows=())
    assert list(find_language_warnings(given, None)) == []
