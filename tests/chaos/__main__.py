"""`python -m tests.chaos --seed 1 --jobs 200 --faults 300 --real 10 [--store firestore]`: prints a
report; exit 1 when a claim does not hold."""

import argparse
import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.machine import RESULTS, keep
from tests.chaos.faults import FAULTS
from tests.chaos.run import Chaos
from tests.support.firestore_emulator import FIRESTORE


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=200)
    parser.add_argument("--faults", type=int, default=300)
    parser.add_argument(
        "--real",
        type=int,
        default=10,
        help="So many of the recordings are heard by the real model.",
    )
    parser.add_argument(
        "--store", choices=sorted(FAULTS), default="sqlite", help="Where the jobs are kept."
    )
    asked = parser.parse_args()
    if asked.store == "firestore" and (why := FIRESTORE.missing()):
        sys.stderr.write(f"left out: {why}\n")
        return
    with tempfile.TemporaryDirectory() as folder:
        report = Chaos(
            Path(folder), asked.seed, asked.jobs, asked.faults, asked.real, asked.store
        )()
    keep(
        "chaos",
        {
            **others(asked.store),
            asked.store: asdict(report) | {"faults_in_all": sum(report.faults.values())},
        },
    )
    sys.exit(1 if report.wrong else 0)


def others(store: str) -> dict[str, Any]:
    """The last figures of the other stores."""
    kept = RESULTS / "chaos.json"
    figures = json.loads(kept.read_text())["figures"] if kept.exists() else {}
    return {name: figures[name] for name in FAULTS if name in figures and name != store}


if __name__ == "__main__":
    main()
