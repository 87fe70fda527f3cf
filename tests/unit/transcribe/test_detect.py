"""The language is decided by a confidence-weighted vote of the sampled windows."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from functions.transcribe.detect import DetectParams, detect, vote
from shared.speech import Detection, Window
from shared.stage import Task
from tests.unit.transcribe.recognisers import Parrot, manifest

WINDOWS = (Window(start=5, end=15, offset=0), Window(start=50, end=60, offset=10), Window(start=90, end=95, offset=20))


def detected(folder: Path, recogniser: Parrot, probe: Sequence[Window] = WINDOWS) -> Detection:
    files = {"audio": folder / "probe.wav", "manifest": manifest(folder, probe=probe)}
    task = Task(DetectParams.model_validate({"task": "detect"}), files, folder, lambda: (folder / "none").open("rb"))
    (output,) = detect(task, lambda model: recogniser)
    assert output.name == "language" and isinstance(output.content, Detection)
    return output.content


def test_one_sure_window_outweighs_two_that_guess(tmp_path: Path) -> None:
    unsure = {"cs": 0.4, "pl": 0.3, "en": 0.3}
    found = detected(tmp_path, Parrot("cs", "pl", "en", guesses=[unsure, unsure, {"pl": 0.9, "cs": 0.05, "en": 0.05}]))
    assert found.code == "pl" and found.confidence == 0.5
    assert [(guess.start, guess.code) for guess in found.windows] == [(5, "cs"), (50, "cs"), (90, "pl")]


FIVE = tuple(Window(start=s, end=s + 9, offset=0) for s in (0, 10, 20, 30, 40))
ENGLISH, GERMAN, UNSURE = {"en": 0.95, "de": 0.05}, {"en": 0.05, "de": 0.95}, {"en": 0.6, "de": 0.4}


def test_three_sure_windows_of_five_are_enough(tmp_path: Path) -> None:
    found = detected(tmp_path, Parrot("en", "de", guesses=[ENGLISH] * 3), FIVE)
    assert (found.code, [guess.start for guess in found.windows]) == ("en", [0, 20, 40])


@pytest.mark.parametrize("third", [GERMAN, UNSURE])
def test_all_windows_are_heard_when_three_do_not_settle_it(tmp_path: Path, third: dict[str, float]) -> None:
    found = detected(tmp_path, Parrot("en", "de", guesses=[ENGLISH, ENGLISH, third, GERMAN, GERMAN]), FIVE)
    assert [guess.start for guess in found.windows] == [0, 10, 20, 30, 40]
    assert [guess.code for guess in found.windows][1::2] == ["de", "de"]


def test_nobody_speaks(tmp_path: Path) -> None:
    for recogniser in (Parrot("en", "de"), Parrot("en")):
        found = detected(tmp_path, recogniser, probe=())
        assert (found.code, found.confidence, found.windows) == (None, None, ())


def test_a_model_of_one_language_cannot_tell(tmp_path: Path) -> None:
    found = detected(tmp_path, Parrot("en"))
    assert (found.code, found.confidence, found.windows) == ("en", None, ())


def test_a_tie_goes_to_the_first_of_the_alphabet() -> None:
    assert vote([{"de": 0.5, "da": 0.5}]) == ("da", 0.5)
