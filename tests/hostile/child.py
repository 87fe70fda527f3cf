"""The process that may crash: reads numbers, tells how each input ended. Started by `contained`."""

import os
import sys
from pathlib import Path

from functions.prepare.memory import limit_memory
from shared.runtime.process import die_with_parent
from tests.hostile.attempt import attempt
from tests.hostile.inputs import Hostile, hostile
from tests.hostile.outside import Outside
from tests.hostile.recordings import recorded


def main(seed: int, folder: str, port: int) -> None:
    die_with_parent()
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what a library prints is no answer
    outside = Outside(Path(folder), port)
    attempt(Hostile("wav", "nothing", recorded("wav")))  # load all there is to load
    limit_memory()  # as in prepare's own worker
    answers.write("ready\n")
    for line in sys.stdin:
        made = hostile(seed, int(line), outside)
        answers.write(attempt(made).model_dump_json() + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
