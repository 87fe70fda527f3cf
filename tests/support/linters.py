"""Linters of others for files that other programs read. A test is skipped, by the linter's name,
where it is not installed."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest


def linter(name: str) -> Callable[..., None]:
    """Returns a function that calls a linter and fails with what it finds. Skips the test if the
    linter is neither in this environment nor on the PATH."""
    folders = (str(Path(sys.executable).parent), os.environ["PATH"])
    command = shutil.which(name, path=os.pathsep.join(folders))
    if command is None:
        pytest.skip(f"{name} is not installed: make clients")

    def lint(*arguments: str) -> None:
        done = subprocess.run((command, *arguments), capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr

    return lint
