"""A disk that is small enough to be filled."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REASON = (
    "no small disk can be mounted here: that takes root, and a kernel that lets it (mount -t tmpfs)"
)


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """Mount one at `folder`; raise CannotMount where that is not allowed."""
    folder.mkdir(parents=True, exist_ok=True)
    mount = ("mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder))
    try:
        subprocess.run(mount, check=True, capture_output=True)
    except (subprocess.CalledProcessError, FileNotFoundError) as error:
        raise CannotMount(REASON) from error
    try:
        yield folder
    finally:
        subprocess.run(("umount", "--lazy", str(folder)), check=True)


class CannotMount(Exception):
    """The message says why."""


@contextmanager
def filled(disk: Path) -> Iterator[None]:
    """Not a byte is left while the block runs."""
    ballast = disk / ".ballast"
    try:
        with ballast.open("wb", buffering=0) as file:
            grow(file.fileno())
        yield
    finally:
        ballast.unlink(missing_ok=True)


def grow(descriptor: int) -> None:
    """Until the disk refuses even single bytes."""
    for size in (1 << 20, 1 << 12, 1):
        while True:
            try:
                os.write(descriptor, bytes(size))
            except OSError:
                break
