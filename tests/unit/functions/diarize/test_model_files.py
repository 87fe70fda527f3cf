"""A diarization model's files are found, and the engine names them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from functions.diarize.model_files import embedded_files, engine, model_folder
from shared.model.errors import ModelUnavailable
from shared.runtime.model_files import files_digest
from shared.settings import settings


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """An empty folder of models, with downloads disabled."""
    monkeypatch.setenv("DROPSCRIBE_MODELS", str(tmp_path))
    monkeypatch.setenv("DROPSCRIBE_DOWNLOAD_MODELS", "false")
    settings.cache_clear()
    yield tmp_path
    monkeypatch.undo()
    settings.cache_clear()


@pytest.mark.parametrize(
    "model", ["pyannote/speaker-diarization-community-1", "pyannote/other@v1", "no such/x/y"]
)
def test_a_model_that_is_not_cached_is_named(models: Path, model: str) -> None:
    with pytest.raises(ModelUnavailable, match=f"^{model}: "):
        model_folder(model)


def test_a_path_is_used_as_it_is(models: Path) -> None:
    assert model_folder(str(models)) == models


def test_a_cached_model_is_found_by_its_revision(models: Path) -> None:
    repository = models / "models--someone--pipeline"
    snapshot = repository / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    (repository / "refs").mkdir()
    (repository / "refs" / "v1").write_text("abc")
    assert model_folder("someone/pipeline@v1") == snapshot


def test_the_engine_has_the_digest_of_its_files() -> None:
    assert engine().digest == files_digest(embedded_files())
