"""Speech models are assembled, verified and loaded, and a missing one is named."""

import multiprocessing
from pathlib import Path

import pytest

from functions.transcribe import model_files as models
from shared.model.errors import ModelUnavailable


def test_the_packaged_model_is_put_together_and_whole(tmp_path: Path) -> None:
    folder = models.find("base", tmp_path)
    assert (folder / "model.bin").stat().st_size == 145_217_532
    assert models.digest(folder) == models.PACKAGED_SHA256
    assert [path.name for path in tmp_path.iterdir()] == [folder.name], "nothing is left behind"


def test_two_processes_may_put_it_together_at_once(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        first, second = pool.starmap(models.find, [("base", tmp_path)] * 2)
    assert first == second and [path.name for path in tmp_path.iterdir()] == [first.name]


def test_a_damaged_model_is_not_loaded(tmp_path: Path) -> None:
    folder = tmp_path / f"whisper-base-{models.PACKAGED_SHA256[:8]}"
    folder.mkdir()
    for file in models.NEEDED:
        (folder / file).write_bytes(b"?")
    with pytest.raises(ModelUnavailable, match="'base' is damaged"):
        models.find("base", tmp_path)


@pytest.mark.parametrize("name", ["large-v3", "nobody/nothing", "no such name", "large-v9"])
def test_a_model_that_is_not_here_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(ModelUnavailable, match=f"'{name}' is not on this deployment"):
        models.find(name, tmp_path)


def test_a_folder_must_be_whole(tmp_path: Path) -> None:
    (tmp_path / "model.bin").touch()
    with pytest.raises(ModelUnavailable, match=r"lacks config\.json, tokenizer\.json"):
        models.find(str(tmp_path), tmp_path)


def test_a_whole_folder_is_taken_as_it_is(tmp_path: Path) -> None:
    for file in models.NEEDED:
        (tmp_path / file).touch()
    assert models.find(str(tmp_path), tmp_path / "models") == tmp_path
