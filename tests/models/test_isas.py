"""The decisive model tests pass on an instruction set other than the processor's own."""

import subprocess
import sys

import pytest

from benchmarks.instruction_sets import second_best
from tests.isas import ROOT, environment

pytestmark = pytest.mark.models

DECISIVE = ("-m", "decisive", "tests/models/test_transcribe.py")


@pytest.mark.skipif(
    second_best() is None, reason="this processor has but one of the instruction sets"
)
def test_what_is_decisive_is_the_same_on_another_instruction_set() -> None:
    """CTranslate2 and oneDNN read the variables when they are loaded, hence the process."""
    name = second_best()
    assert name is not None
    variables = {**environment(name), "CT2_VERBOSE": "1"}
    command = (sys.executable, "-m", "pytest", "-s", "-p", "no:cacheprovider", *DECISIVE)
    done = subprocess.run(
        command, env=variables, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{name}:\n{done.stdout}"
    assert f"Selected ISA: {name}\n" in done.stderr
