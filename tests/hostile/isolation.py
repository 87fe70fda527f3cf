"""Runs hostile inputs in processes that may crash or hang, so that each failure has its number."""

import os
import select
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.hostile.attempt import Outcome
from tests.hostile.canary import Canary

TIMEOUT = 60.0
"""Seconds that an input may take."""
START_TIMEOUT = 120.0
DEATHS = ("crash", "hang")
ROOT = Path(__file__).parents[2]


class NoOutput(Exception):
    """The child wrote nothing in time."""


class Child:
    """A process that runs one input at a time.

    `prefix` is put in front of its command line, to trace it.
    """

    def __init__(
        self, seed: int, canary: Canary, prefix: tuple[str, ...] = (), timeout: float = TIMEOUT
    ) -> None:
        self._timeout = timeout
        arguments = (str(seed), str(canary.folder), str(canary.port))
        self._process = subprocess.Popen(
            (*prefix, sys.executable, "-m", "tests.hostile.child", *arguments),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            cwd=canary.folder,  # so that relative names lead to the canary
            env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        )
        self._read_line(START_TIMEOUT)

    @property
    def pid(self) -> int:
        return self._process.pid

    def attempt(self, number: int) -> Outcome:
        """Returns the outcome, which may be `crash` or `hang`; after these the child is useless."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(b"%d\n" % number)
            line = self._read_line(self._timeout)
        except BrokenPipeError:
            line = b""
        except NoOutput:
            return Outcome(end="hang", seconds=self._timeout)
        if line:
            return Outcome.model_validate_json(line)
        return Outcome(end="crash", detail=f"code {self._process.wait()}")

    def end(self) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            stream.close()
        self._process.kill()
        self._process.wait()

    def _read_line(self, timeout: float) -> bytes:
        """Returns a line, or nothing if the process has ended. Raises NoOutput."""
        assert self._process.stdout is not None
        readable, _, _ = select.select([self._process.stdout], [], [], timeout)
        if not readable:
            raise NoOutput
        return self._process.stdout.readline()


def run_isolated(
    seed: int, numbers: Iterable[int], canary: Canary, prefix: tuple[str, ...] = ()
) -> Iterator[tuple[int, Outcome]]:
    """Yields each number with its outcome. One child runs them all until it dies."""
    child: Child | None = None
    try:
        for number in numbers:
            child = child or Child(seed, canary, prefix)
            outcome = child.attempt(number)
            if outcome.end in DEATHS:
                child.end()
                child = None
            yield number, outcome
    finally:
        if child is not None:
            child.end()
