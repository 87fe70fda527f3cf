"""Hostile inputs in processes that may crash or hang: whatever happens is put down to one seed and
number."""

import os
import select
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.hostile.attempt import Outcome
from tests.hostile.outside import Outside

DEADLINE = 60.0
"""Seconds an input may take."""
STARTING = 120.0
DEATHS = ("crash", "hang")
ROOT = Path(__file__).parents[2]


class Hung(Exception):
    """Nothing was said within the time."""


class Child:
    """A process that takes numbers. `before` is put in front of its command line, to watch it."""

    def __init__(
        self, seed: int, outside: Outside, before: tuple[str, ...] = (), deadline: float = DEADLINE
    ) -> None:
        self._deadline = deadline
        self._process = subprocess.Popen(
            (
                *before,
                sys.executable,
                "-m",
                "tests.hostile.child",
                str(seed),
                str(outside.folder),
                str(outside.port),
            ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            cwd=outside.folder,  # where relative names lead
            env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        )
        self._said(STARTING)

    @property
    def pid(self) -> int:
        return self._process.pid

    def attempt(self, number: int) -> Outcome:
        """A crash and a hang are outcomes, too; after them the child is of no more use."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(b"%d\n" % number)
            line = self._said(self._deadline)
        except BrokenPipeError:
            line = b""
        except Hung:
            return Outcome(end="hang", seconds=self._deadline)
        return (
            Outcome.model_validate_json(line)
            if line
            else Outcome(end="crash", detail=f"code {self._process.wait()}")
        )

    def end(self) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            stream.close()
        self._process.kill()
        self._process.wait()

    def _said(self, seconds: float) -> bytes:
        """A line; nothing when the process has ended."""
        assert self._process.stdout is not None
        if not select.select([self._process.stdout], [], [], seconds)[0]:
            raise Hung
        return self._process.stdout.readline()


def contained(
    seed: int, inputs: Iterable[int], outside: Outside, before: tuple[str, ...] = ()
) -> Iterator[tuple[int, Outcome]]:
    """The outcome of each number, as it comes. One child takes them all until it dies."""
    child: Child | None = None
    try:
        for number in inputs:
            child = child or Child(seed, outside, before)
            outcome = child.attempt(number)
            if outcome.end in DEATHS:
                child.end()
                child = None
            yield number, outcome
    finally:
        if child:
            child.end()
