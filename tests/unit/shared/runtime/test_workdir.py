"""A stage's folder is deleted when it ends, and after its worker was killed."""

import subprocess
import sys
from pathlib import Path

import pytest

from shared.runtime.workdir import clear_abandoned, workdir

KILLED_IN_ITS_FOLDER = """
import os, signal
from shared.runtime.workdir import workdir
with workdir("align") as folder:
    (folder / "sound.wav").write_text("part of a recording")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def temporary_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def test_a_folder_is_deleted_when_its_stage_ends(temporary_folder: Path) -> None:
    with pytest.raises(KeyError), workdir("align") as folder:
        (folder / "sound.wav").touch()
        assert folder.parent == temporary_folder
        raise KeyError
    assert list(temporary_folder.iterdir()) == []


def test_only_the_folders_of_killed_workers_are_cleared(temporary_folder: Path) -> None:
    (temporary_folder / "dropscribe-my-notes").mkdir()
    subprocess.run((sys.executable, "-c", KILLED_IN_ITS_FOLDER), check=False)
    assert len(list(temporary_folder.iterdir())) == 2
    with workdir("align") as own:
        clear_abandoned()
        assert {path.name for path in temporary_folder.iterdir()} == {
            "dropscribe-my-notes",
            own.name,
        }
