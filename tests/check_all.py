"""`make check-all`: runs the target of every suite that tests/suites.toml lists under "all".

Each target runs, whether or not those before it failed. A summary with one line per target is
printed at the end; the exit code is 1 if one of them failed.
"""

import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.suites import suites

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Outcome:
    target: str
    passed: bool
    seconds: float

    def __str__(self) -> str:
        verdict = "passed" if self.passed else "failed"
        return f"{self.target:<12} {verdict} {self.seconds:6.0f} s"


def targets() -> list[str]:
    """Returns the targets of all suites that run under "all", each once, in the order of the
    list."""
    listed = [suite.target for suite in suites().values() if "all" in suite.runs]
    return list(dict.fromkeys(listed))


def made(target: str, folder: Path) -> Outcome:
    """Runs `make target` in the folder. Variables of the calling make reach it by MAKEFLAGS."""
    print(f"\n== make {target}", flush=True)
    began = time.monotonic()
    done = subprocess.run(["make", "--no-print-directory", target], cwd=folder)
    return Outcome(target, done.returncode == 0, time.monotonic() - began)


def check(targets: Iterable[str], folder: Path) -> int:
    """Runs all targets and prints the summary. Returns the exit code."""
    outcomes = [made(target, folder) for target in targets]
    print("\n== summary")
    for outcome in outcomes:
        print(outcome)
    return 0 if all(outcome.passed for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(check(targets(), ROOT))
