"""Where a stage works: a folder of its own, gone when it ends, and cleared by the next worker
should it be killed."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.model.errors import DiskFull

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


@contextmanager
def workdir(stage: str) -> Iterator[Path]:
    """A folder whose name tells whose it is."""
    with tempfile.TemporaryDirectory(
        dir=place(), prefix=f"dropscribe-{os.getpid()}-{stage}-"
    ) as folder:
        yield Path(folder)


@contextmanager
def disk_full_is_transient() -> Iterator[None]:
    """What is full now may have room later, so it is no bug of the stage that wrote."""
    try:
        yield
    except OSError as error:
        if error.errno not in FULL:
            raise
        raise DiskFull("no room is left for the stage's files") from error


def clear_abandoned() -> None:
    """Remove what workers that were killed left behind: it is somebody's recording."""
    for folder in place().glob("dropscribe-*-*"):
        pid = folder.name.split("-")[1]
        if pid.isdigit() and not runs(pid):
            shutil.rmtree(folder, ignore_errors=True)  # another worker may be at it, too


def runs(pid: str) -> bool:
    """Whether that process is there, and no zombie."""
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def place() -> Path:
    """Not tempfile's choice: on a full disk that looks for another place, or finds none and calls
    it a missing file."""
    return Path(os.environ.get("TMPDIR", "/tmp"))
