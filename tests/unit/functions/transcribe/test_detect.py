"""The language is decided by a confidence-weighted vote of the sampled windows."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from functions.transcribe.detect import DetectParams, detect, vote
from shared.model.artifacts import Chunk, Detection, Interval, ProbeWindow
from shared.runtime.stage import StageInput
from tests.support.recognisers import Parrot, manifest

WINDOWS = (
    ProbeWindow(start=5, end=15, offset=0),
    ProbeWindow(start=50, end=60, offset=10),
    ProbeWindow(start=90, end=95, offset=20),
)

ALL = (Interval(start=0, end=120),)
"""Somebody speaks all the time."""


def detected(
    folder: Path,
    recogniser: Parrot,
    probe: Sequence[ProbeWindow] = WINDOWS,
    speech: Sequence[Interval] = ALL,
) -> Detection:
    chunks = [Chunk(start=0, end=120, speech=tuple(speech))]
    files = {"audio": folder / "probe.wav", "manifest": manifest(folder, chunks, probe)}
    task = StageInput(
        DetectParams.model_validate({"task": "detect"}),
        files,
        folder,
        lambda: (folder / "none").open("rb"),
    )
    (output,) = detect(task, lambda model: recogniser)
    assert output.name == "language" and isinstance(output.content, Detection)
    return output.content


def test_one_sure_window_outweighs_two_that_guess(tmp_path: Path) -> None:
    unsure = {"cs": 0.4, "pl": 0.3, "en": 0.3}
    found = detected(
        tmp_path,
        Parrot("cs", "pl", "en", guesses=[unsure, unsure, {"pl": 0.9, "cs": 0.05, "en": 0.05}]),
    )
    assert found.code == "pl" and found.confidence == pytest.approx(0.5 - 0.85 / 3)
    assert [(guess.start, guess.code) for guess in found.windows] == [
        (5, "cs"),
        (50, "cs"),
        (90, "pl"),
    ]


FIVE = tuple(ProbeWindow(start=s, end=s + 9, offset=0) for s in (0, 10, 20, 30, 40))
ENGLISH, GERMAN, UNSURE = {"en": 0.95, "de": 0.05}, {"en": 0.05, "de": 0.95}, {"en": 0.6, "de": 0.4}


def test_three_sure_windows_of_five_are_enough(tmp_path: Path) -> None:
    found = detected(tmp_path, Parrot("en", "de", guesses=[ENGLISH] * 3), FIVE)
    assert (found.code, [guess.start for guess in found.windows]) == ("en", [0, 20, 40])


@pytest.mark.parametrize("third", [GERMAN, UNSURE])
def test_all_windows_are_heard_when_three_do_not_settle_it(
    tmp_path: Path, third: dict[str, float]
) -> None:
    found = detected(
        tmp_path, Parrot("en", "de", guesses=[ENGLISH, ENGLISH, third, GERMAN, GERMAN]), FIVE
    )
    assert [guess.start for guess in found.windows] == [0, 10, 20, 30, 40]
    assert [guess.code for guess in found.windows][1::2] == ["de", "de"]


def test_nobody_speaks(tmp_path: Path) -> None:
    for recogniser in (Parrot("en", "de"), Parrot("en")):
        found = detected(tmp_path, recogniser, probe=())
        assert (found.code, found.confidence, found.windows) == (None, None, ())


def test_a_model_of_one_language_cannot_tell(tmp_path: Path) -> None:
    found = detected(tmp_path, Parrot("en"))
    assert (found.code, found.confidence, found.windows) == ("en", None, ())


def test_a_tie_goes_to_the_first_of_the_alphabet_without_confidence() -> None:
    assert vote([({"de": 0.5, "da": 0.5}, 1.0)]) == ("da", 0.0)


def test_a_language_without_a_lead_has_no_confidence(tmp_path: Path) -> None:
    """Which of two near ones is first may hang on the last digit; how sure that is must not."""
    guesses = [{"ru": 0.41, "fr": 0.40, "en": 0.19}, {"ru": 0.40, "fr": 0.41, "en": 0.19}]
    for guess in guesses:
        found = detected(tmp_path, Parrot("ru", "fr", "en", guesses=[guess]), WINDOWS[:1])
        assert found.confidence == pytest.approx(0.01)


NOISY = ProbeWindow(start=5, end=35, offset=7)
FRENCH, RUSSIAN = {"fr": 0.8, "ru": 0.2}, {"fr": 0.1, "ru": 0.9}


def test_where_little_is_said_the_words_are_heard_without_the_noise_too(tmp_path: Path) -> None:
    recogniser = Parrot("fr", "ru", guesses=[RUSSIAN, FRENCH])
    speech = (Interval(start=4, end=7), Interval(start=20, end=23), Interval(start=22, end=24))
    found = detected(tmp_path, recogniser, (NOISY,), speech)
    words = [Interval(start=7, end=9), Interval(start=22, end=25), Interval(start=25, end=26)]
    assert [list(view) for view in recogniser.asked] == [[Interval(start=7, end=37)], words]
    assert found.code == "ru" and found.confidence == pytest.approx(0.1), (
        "the two views do not agree"
    )
    (guess,) = found.windows
    assert guess.code == "ru" and guess.confidence == pytest.approx(0.55)


def test_a_window_full_of_speech_is_heard_once(tmp_path: Path) -> None:
    recogniser = Parrot("fr", "ru", guesses=[FRENCH])
    detected(tmp_path, recogniser, (NOISY,), [Interval(start=5, end=22)])
    assert [list(view) for view in recogniser.asked] == [[Interval(start=7, end=37)]]


def test_a_window_with_little_speech_weighs_little(tmp_path: Path) -> None:
    windows = (ProbeWindow(start=0, end=10, offset=0), ProbeWindow(start=50, end=51, offset=10))
    speech = (Interval(start=0, end=10), Interval(start=50, end=50.6))
    found = detected(tmp_path, Parrot("fr", "ru", guesses=[FRENCH, RUSSIAN]), windows, speech)
    assert found.code == "fr" and found.confidence == pytest.approx((0.6 - 0.2 * 0.8) / 1.2)


def test_less_than_enough_speech_makes_nobody_sure(tmp_path: Path) -> None:
    window = (ProbeWindow(start=0, end=1.2, offset=0),)
    found = detected(
        tmp_path, Parrot("fr", "ru", guesses=[RUSSIAN]), window, [Interval(start=0, end=1.2)]
    )
    assert found.code == "ru" and found.confidence == pytest.approx(0.8 * 0.4)
