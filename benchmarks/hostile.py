"""Thousands of hostile recordings through prepare, each where it can crash or hang alone.

    python -m benchmarks.hostile --seed 1 --mutants 5000

Exit 1 when one ends in anything but an answer or a problem, or opens anything but itself. Where
strace is installed, every file opened and every connection made is looked at; else only a canary
file and a canary port.
"""

import argparse
import re
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.machine import keep
from tests.hostile.attempt import Outcome
from tests.hostile.canary import Canary, watch_canary
from tests.hostile.inputs import handmade_inputs, hostile_input
from tests.hostile.isolation import DEATHS, run_isolated

CALLS = "open,openat,openat2,creat,connect,execve"
OPENED = re.compile(r'(?:open|openat|openat2|creat|execve)\([^"]*"(?P<path>[^"]*)"')
READY = "/proc/self/clear_refs"
"""Opened at the beginning of each attempt. The first is a harmless one, which loads all there is to
load."""
WORKDIR = re.compile(re.escape(tempfile.gettempdir()) + r"/dropscribe-\d+-prepare-")
"""The folder for the files of an attempt, as shared/runtime/workdir.py names it."""
OURS = (
    "/proc/self/",
    "/proc/sys/vm/overcommit_memory",
    f"{sys.prefix}/",
    f"{sys.base_prefix}/",
    "/usr/lib/",
    f"{Path(__file__).parents[1]}/",
)
"""What else an attempt may open: its own state, what malloc reads, and code that is loaded late."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hostile")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mutants", type=int, default=5000)
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="outside-") as folder,
        watch_canary(Path(folder)) as watch,
    ):
        outcomes, traced = tried(asked.seed, asked.mutants, watch.canary)
        outside = {"canary": watch.accesses(), "traced": traced}
        figures = {**told(asked.seed, outcomes, watch.canary), "opened_outside": outside}
    keep("hostile", figures)
    sys.exit(1 if figures["wrong"] or any(outside.values()) else 0)


def tried(
    seed: int, mutants: int, canary: Canary
) -> tuple[Mapping[int, Outcome], list[str] | None]:
    """What became of each number, and what was opened that should not have been: None where nobody
    could look."""
    numbers = range(len(handmade_inputs(canary)) + mutants)
    if shutil.which("strace") is None:
        return dict(run_isolated(seed, numbers, canary)), None
    with tempfile.TemporaryDirectory(prefix="trace-") as folder:
        log = str(Path(folder) / "trace")
        before = (
            "strace",
            "-ff",
            "--seccomp-bpf",
            "-qq",
            "-s",
            "4096",
            "-e",
            f"trace={CALLS}",
            "-o",
            log,
        )
        outcomes = dict(run_isolated(seed, numbers, canary, before))
        return outcomes, sorted(
            {escape for path in Path(folder).iterdir() for escape in escapes(path)}
        )


def escapes(log: Path) -> list[str]:
    """Of a process or thread: what it opened since its first real attempt, but for what is ours;
    any connection."""
    lines = log.read_text(errors="replace").splitlines()
    _, ready, *_ = [at for at, line in enumerate(lines) if READY in line][:2] or [0, 0]
    return [line for line in lines[ready:] if not allowed(line)]


def allowed(line: str) -> bool:
    if line.startswith(("+++", "---")):
        return True
    found = OPENED.search(line)
    if found is None:
        return False
    path = found["path"]
    return path.startswith(OURS) or WORKDIR.match(path) is not None


def told(seed: int, outcomes: Mapping[int, Outcome], canary: Canary) -> dict[str, Any]:
    inputs = {number: hostile_input(seed, number, canary) for number in outcomes}
    by_format = Counter(made.format for made in inputs.values())
    sounding = Counter(
        inputs[number].format for number, outcome in outcomes.items() if outcome.sound
    )
    mutants = [
        outcome for number, outcome in outcomes.items() if number >= len(handmade_inputs(canary))
    ]
    slowest = max(outcomes, key=lambda number: outcomes[number].seconds)
    hungriest = max(outcomes, key=lambda number: outcomes[number].peak)
    return {
        "seed": seed,
        "inputs": len(outcomes),
        "formats": {
            kind: {"tried": count, "decoded": sounding[kind]}
            for kind, count in sorted(by_format.items())
        },
        "mutants_decoded": round(sum(outcome.sound for outcome in mutants) / len(mutants), 3),
        "ends": dict(Counter(outcome.end for outcome in outcomes.values()).most_common()),
        "contained": {
            death: sum(outcome.end == death for outcome in outcomes.values()) for death in DEATHS
        },
        "wrong": {
            number: outcome.end for number, outcome in outcomes.items() if not outcome.acceptable
        },
        "slowest": {
            "number": slowest,
            "what": inputs[slowest].description,
            "seconds": outcomes[slowest].seconds,
        },
        "peak_memory": {
            "number": hungriest,
            "what": inputs[hungriest].description,
            "mib": outcomes[hungriest].peak,
        },
    }


if __name__ == "__main__":
    main()
