"""The Dockerfile agrees with the functions, the lists and the Makefile."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from images.selftest import QUESTIONS
from local.container import NOBODY
from local.layout import FUNCTIONS

ROOT = Path(__file__).parents[3]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()


def stages() -> dict[str, str]:
    """Stage -> its instructions."""
    parts = re.split(r"^FROM \S+ AS (\S+)\n", DOCKERFILE, flags=re.MULTILINE)[1:]
    return dict(zip(parts[::2], parts[1::2], strict=True))


def test_there_is_a_target_and_a_question_for_every_function() -> None:
    assert set(FUNCTIONS) <= stages().keys()
    assert QUESTIONS.keys() == set(FUNCTIONS)
    made = re.search(r"^FUNCTIONS \?= (.*)$", MAKEFILE, re.MULTILINE)
    assert made is not None and set(made[1].split()) == set(FUNCTIONS)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_every_image_ends_as_nobody_who_has_tried_it(function: str) -> None:
    *_, user, last = stages()[function].strip().splitlines()
    assert user == f"USER {NOBODY}:{NOBODY}"
    assert last.endswith(f"python -m images.selftest {function}")


def test_uv_is_the_same_everywhere() -> None:
    versions = re.findall(
        r"^(?:UV_VERSION :=|version=) ?([\d.]+)$", MAKEFILE + (ROOT / "images/uv").read_text(), re.M
    )
    assert len(versions) == 2 and len(set(versions)) == 1


@pytest.mark.parametrize("function", ["prepare", "finalize", "reconcile"])
def test_the_selftest_passes_on_the_sources(function: str) -> None:
    command = (sys.executable, "-m", "images.selftest", function)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert f"{function}: 200" in done.stdout
