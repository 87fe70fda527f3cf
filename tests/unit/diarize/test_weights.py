"""Diarization models are found on disk, in the cache or in packages; missing ones are named."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from functions.diarize import weights
from shared.errors import ModelUnavailable
from shared.settings import settings


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """An empty folder of models, offline."""
    monkeypatch.setenv("DROPSCRIBE_MODELS", str(tmp_path))
    monkeypatch.setenv("DROPSCRIBE_DOWNLOAD_MODELS", "false")
    settings.cache_clear()
    yield tmp_path
    monkeypatch.undo()
    settings.cache_clear()


@pytest.mark.parametrize("model", ["pyannote/speaker-diarization-community-1", "pyannote/other@v1", "no such/x/y"])
def test_a_model_that_is_not_here_is_named(models: Path, model: str) -> None:
    with pytest.raises(ModelUnavailable, match=f"^{model}: "):
        weights.folder(model)


def test_a_folder_is_its_own_place(models: Path) -> None:
    assert weights.folder(str(models)) == models


def test_a_cached_model_is_found_by_its_revision(models: Path) -> None:
    repository = models / "models--someone--pipeline"
    snapshot = repository / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    (repository / "refs").mkdir()
    (repository / "refs" / "v1").write_text("abc")
    assert weights.folder("someone/pipeline@v1") == snapshot


def test_a_package_that_is_not_installed_is_named() -> None:
    with pytest.raises(ModelUnavailable, match="no_such_package"):
        weights.packaged("no_such_package", "model.bin")


def test_a_digest_changes_with_any_file(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_bytes(b"1")
    other.write_bytes(b"2")
    before = weights.digest([one, other])
    assert weights.digest([one, other]) == before
    other.write_bytes(b"3")
    assert weights.digest([one, other]) != before
