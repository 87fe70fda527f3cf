"""The process that may crash: reads numbers, and writes how each input ended."""

import os
import sys
from pathlib import Path

from functions.prepare.memory import limit_memory
from shared.runtime.process import die_with_parent
from tests.hostile.attempt import attempt
from tests.hostile.canary import Canary
from tests.hostile.inputs import HostileInput, hostile_input
from tests.hostile.recordings import encoded_speech


def main(seed: int, folder: str, port: int) -> None:
    die_with_parent()
    outcomes = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # libraries may print to stdout
    canary = Canary(Path(folder), port)
    attempt(HostileInput("wav", "nothing", encoded_speech("wav")))  # loads every module
    limit_memory()  # as in prepare's own worker
    outcomes.write("ready\n")
    for line in sys.stdin:
        hostile = hostile_input(seed, int(line), canary)
        outcomes.write(attempt(hostile).model_dump_json() + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
