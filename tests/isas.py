"""Runs tests on every instruction set that the machine has: `python -m tests.isas [pytest's
arguments]`."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from benchmarks.instruction_sets import ENVIRONMENTS, available

ROOT = Path(__file__).parent.parent
TESTS = ("tests/models", "tests/e2e/test_quality.py")


def environment(name: str) -> dict[str, str]:
    """Returns this process's environment, in which a new process uses the instruction set and no
    newer one."""
    return {**os.environ, **ENVIRONMENTS[name]}


def run(arguments: Sequence[str], variables: Mapping[str, str]) -> int:
    """Returns pytest's exit status. Its output goes where this process's goes."""
    command = (sys.executable, "-m", "pytest", *arguments)
    return subprocess.run(command, env=variables, cwd=ROOT, check=False).returncode


def main(arguments: Sequence[str]) -> int:
    """Returns 0 if the tests passed on every instruction set that is here, and 1 otherwise."""
    here = available()
    outcomes: dict[str, str] = {}
    for name in ENVIRONMENTS:
        if name not in here:
            outcomes[name] = "skipped: this processor does not have it"
            continue
        print(f"\n=== {name} ===", flush=True)
        status = run(arguments or TESTS, environment(name))
        outcomes[name] = "passed" if status == 0 else f"FAILED, pytest's status {status}"
    print()
    for name, outcome in outcomes.items():
        print(f"{name:8} {outcome}")
    failed = any(outcome.startswith("FAILED") for outcome in outcomes.values())
    return 1 if failed or not here else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
