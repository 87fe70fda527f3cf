from collections.abc import Sequence
from pathlib import Path

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


def test_nobody_speaks(tmp_path: Path) -> None:
    for recogniser in (Parrot("en", "de"), Parrot("en")):
        found = detected(tmp_path, recogniser, probe=())
        assert (found.code, found.confidence, found.windows) == (None, None, ())


def test_a_model_of_one_language_cannot_tell(tmp_path: Path) -> None:
    found = detected(tmp_path, Parrot("en"))
    assert (found.code, found.confidence, found.windows) == ("en", None, ())


def test_a_tie_goes_to_the_first_of_the_alphabet() -> None:
    assert vote([{"de": 0.5, "da": 0.5}]) == ("da", 0.5)
