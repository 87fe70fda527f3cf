"""One hostile input again, alone: `python -m tests.hostile SEED NUMBER`. Exit 1 when it ends as
none should."""

import sys
import tempfile
from pathlib import Path

from tests.hostile.contained import contained
from tests.hostile.inputs import hostile
from tests.hostile.outside import watched


def main(seed: int, number: int) -> None:
    with tempfile.TemporaryDirectory() as folder, watched(Path(folder)) as watch:
        ((_, outcome),) = contained(seed, [number], watch.outside)
        print(hostile(seed, number, watch.outside))
        print(outcome.model_dump_json(indent=1))
        print(f"opened outside: {watch.touched()}")
        sys.exit(0 if outcome.right and not watch.touched() else 1)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
