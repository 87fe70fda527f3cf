"""A stage's working folder is removed at its end, also after its worker was killed."""

import subprocess
import sys
from pathlib import Path

import pytest

from shared.runtime.workdir import clear_abandoned, workdir

DIES = """
import os, signal
from shared.runtime.workdir import workdir
with workdir("align") as folder:
    (folder / "sound.wav").write_text("somebody's")
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


def test_a_folder_is_gone_when_its_stage_ends(place: Path) -> None:
    with pytest.raises(KeyError), workdir("align") as folder:
        (folder / "sound.wav").touch()
        assert folder.parent == place
        raise KeyError
    assert list(place.iterdir()) == []


def test_what_a_killed_worker_left_is_cleared_and_nothing_else(place: Path) -> None:
    (place / "dropscribe-my-notes").mkdir()
    subprocess.run((sys.executable, "-c", DIES), check=False)
    assert len(list(place.iterdir())) == 2
    with workdir("align") as mine:
        clear_abandoned()
        assert {path.name for path in place.iterdir()} == {"dropscribe-my-notes", mine.name}
