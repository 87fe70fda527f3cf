"""`python -m tests.chaos --seed 1 --jobs 200 --faults 300 --real 10`: prints a report; exit 1 when a claim fails."""

import argparse
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from benchmarks.machine import keep
from tests.chaos.run import Chaos


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=200)
    parser.add_argument("--faults", type=int, default=300)
    parser.add_argument("--real", type=int, default=10, help="So many of the recordings are heard by the real model.")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        report = Chaos(Path(folder), asked.seed, asked.jobs, asked.faults, asked.real)()
    keep("chaos", {**asdict(report), "faults_in_all": sum(report.faults.values())})
    sys.exit(1 if report.wrong else 0)


if __name__ == "__main__":
    main()
