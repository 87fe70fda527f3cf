"""Runs tests on every instruction set of this machine.

python -m tests.support.instruction_sets [pytest's arguments]
"""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.instruction_sets import ENVIRONMENTS, available

ROOT = Path(__file__).parents[2]
TESTS = ("tests/models", "tests/e2e/test_quality.py")
"""Tests that run without arguments."""


def main(arguments: Sequence[str]) -> int:
    """Returns 0 if the tests passed on every instruction set of this machine, otherwise 1."""
    names = available()
    outcomes: dict[str, str] = {}
    for name in ENVIRONMENTS:
        if name not in names:
            outcomes[name] = "skipped: this processor does not have it"
            continue
        print(f"\n=== {name} ===", flush=True)
        status = run_pytest(arguments or TESTS, environment(name))
        outcomes[name] = "passed" if status == 0 else f"FAILED, pytest's status {status}"
    print()
    for name, outcome in outcomes.items():
        print(f"{name:8} {outcome}")
    has_failed = any(outcome.startswith("FAILED") for outcome in outcomes.values())
    return 1 if has_failed or not names else 0


def environment(name: str) -> dict[str, str]:
    """Returns this process's variables and those that select the instruction set."""
    return {**os.environ, **ENVIRONMENTS[name]}


def run_pytest(arguments: Sequence[str], variables: Mapping[str, str]) -> int:
    """Returns pytest's exit status. Its output goes to this process's output."""
    command = (sys.executable, "-m", "pytest", *arguments)
    return subprocess.run(command, env=variables, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
