"""Proves that tests which depend on the model's numbers pass on a second instruction set, too."""

import subprocess
import sys

import pytest

from benchmarks.instruction_sets import second_best
from tests.support.instruction_sets import ROOT, environment

pytestmark = pytest.mark.models

DECISIVE_TESTS = ("-m", "decisive", "tests/models/test_transcribe.py")


@pytest.mark.slow
@pytest.mark.skipif(second_best() is None, reason="this processor has only one instruction set")
def test_decisive_tests_pass_on_another_instruction_set() -> None:
    """CTranslate2 and oneDNN read the variables while they are loaded, hence the new process."""
    name = second_best()
    assert name is not None
    variables = {**environment(name), "CT2_VERBOSE": "1"}
    command = (sys.executable, "-m", "pytest", "-s", "-p", "no:cacheprovider", *DECISIVE_TESTS)
    finished = subprocess.run(
        command, env=variables, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, f"{name}:\n{finished.stdout}"
    assert f"Selected ISA: {name}\n" in finished.stderr
