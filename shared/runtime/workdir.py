"""The folder in which a stage works. It is deleted when the stage ends, or by the next worker if
its own was killed."""

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shared.model.errors import DiskFull

DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


@contextmanager
def workdir(stage: str) -> Iterator[Path]:
    """Gives a new folder whose name has this process's id, and deletes it after the block."""
    prefix = f"dropscribe-{os.getpid()}-{stage}-"
    with tempfile.TemporaryDirectory(dir=temporary_folder(), prefix=prefix) as folder:
        yield Path(folder)


@contextmanager
def disk_full_is_transient() -> Iterator[None]:
    """Raises DiskFull instead of the OSError of a full disk in the block: there may be room
    later."""
    try:
        yield
    except OSError as error:
        if error.errno not in DISK_FULL:
            raise
        raise DiskFull("no room is left for the stage's files") from error


def clear_abandoned() -> None:
    """Delete the folders of workers that were killed, since they hold parts of recordings."""
    for folder in temporary_folder().glob("dropscribe-*-*"):
        process_id = folder.name.split("-")[1]
        if process_id.isdigit() and not is_running(process_id):
            shutil.rmtree(folder, ignore_errors=True)  # another worker may be deleting it, too


def is_running(process_id: str) -> bool:
    """Returns whether there is such a process and it is not a zombie."""
    try:
        status = Path(f"/proc/{process_id}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return "\nState:\tZ" not in status


def temporary_folder() -> Path:
    """Returns TMPDIR, or /tmp. On a full disk tempfile would choose another folder, or fail with
    FileNotFoundError."""
    return Path(os.environ.get("TMPDIR", "/tmp"))
