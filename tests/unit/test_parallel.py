"""Tests that share a fixture or must not run at once are in one group of parallel workers."""

import re
import subprocess
import sys

import pytest

from tests.parallel import GROUPS, SPREAD, group, place
from tests.suites import ROOT

FILES = [
    file.relative_to(ROOT).as_posix()
    for folder in ("tests", "emulators")
    for file in sorted((ROOT / folder).rglob("test_*.py"))
]


def test_the_tests_of_a_file_are_one_group() -> None:
    one = group("tests/unit/test_cost.py::test_one")
    assert group("tests/unit/test_cost.py::test_two[a/b::c]") == one
    assert group("tests/unit/test_charge.py::test_one") != one


def test_files_of_one_group_are_named_after_it() -> None:
    assert group("tests/models/test_align.py::test") == "models"
    assert group("tests/e2e/test_restart.py::test") == "models"


def test_tests_that_are_spread_are_groups_of_their_own() -> None:
    (file,) = SPREAD
    assert group(f"{file}::test[a]") != group(f"{file}::test[b]")


def test_every_file_has_its_place_in_the_order() -> None:
    assert FILES
    for file in FILES:
        assert place(f"{file}::test") >= 0, file


def test_what_is_named_exists() -> None:
    for path in (*SPREAD, *(path for paths in GROUPS.values() for path in paths)):
        assert (ROOT / path).exists(), path


@pytest.mark.parametrize(("fixture", "name"), [("real_cloud", "models"), ("cloud", "cloud")])
def test_the_files_that_share_a_cloud_are_one_group(fixture: str, name: str) -> None:
    asking = r"(?:^def test_\w+|^@pytest\.fixture.*\ndef \w+)"
    asked = re.compile(rf"{asking}\((?:[^)]*[\s(])?{fixture}: Cloud", re.MULTILINE)
    sharing = [file for file in FILES if asks(file, asked)]
    sharing = [file for file in sharing if f"def {fixture}(" not in (ROOT / file).read_text()]
    assert {group(file) for file in sharing} == {name}


def asks(file: str, asked: re.Pattern[str]) -> bool:
    """Returns True if a test of the file takes the fixture, or a fixture of the file does."""
    return asked.search((ROOT / file).read_text()) is not None


def test_parallel_workers_keep_to_the_groups() -> None:
    files = ("tests/unit/shared/test_settings.py", "tests/unit/shared/model/test_transcript.py")
    options = ("-v", "-n", "2", "-p", "no:cacheprovider", "-p", "no:schemathesis")
    command = (sys.executable, "-m", "pytest", *options, *files)
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout
    ran = re.findall(r"^\[(gw\d)\].* PASSED (.*?)::", done.stdout, re.MULTILINE)
    assert {file for _, file in ran} == set(files) and len(ran) > len(files)
    assert len(set(ran)) == len(files), "each file in one worker"
