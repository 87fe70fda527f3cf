"""The trace of hostile recordings allows an attempt its own files and nothing else."""

import pytest

from benchmarks.hostile import allowed
from shared.runtime.workdir import workdir


def opened(path: str) -> str:
    return f'openat(AT_FDCWD, "{path}", O_RDONLY|O_CLOEXEC) = 4'


def test_an_attempt_may_open_its_workdir() -> None:
    with workdir("prepare") as folder:
        assert allowed(opened(f"{folder}/chunk-0.wav"))


@pytest.mark.parametrize("path", ["/etc/passwd", "/tmp/canary", "/tmp/dropscribe-notes"])
def test_an_attempt_may_open_nothing_outside(path: str) -> None:
    assert not allowed(opened(path))
