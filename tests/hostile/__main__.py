"""Runs one hostile input again: `python -m tests.hostile SEED NUMBER`.

Exit status 1 if it ends in anything but an answer or a problem, or reaches the canary.
"""

import sys
import tempfile
from pathlib import Path

from tests.hostile.canary import watch_canary
from tests.hostile.inputs import hostile_input
from tests.hostile.isolation import run_isolated


def main(seed: int, number: int) -> None:
    with tempfile.TemporaryDirectory() as folder, watch_canary(Path(folder)) as watch:
        ((_, outcome),) = run_isolated(seed, [number], watch.canary)
        accesses = watch.accesses()
        print(hostile_input(seed, number, watch.canary))
        print(outcome.model_dump_json(indent=1))
        print(f"canary reached: {accesses}")
        sys.exit(0 if outcome.acceptable and not accesses else 1)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
