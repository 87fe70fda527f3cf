"""Tests that share a fixture or must not run beside each other are in one group of parallel workers."""

import re
from pathlib import Path

import pytest

from tests.parallel import GROUPS, SPREAD, group, place
from tests.suites import TESTS

ROOT = TESTS.parent
FILES = [file.relative_to(ROOT).as_posix() for file in sorted(TESTS.rglob("test_*.py"))]


def test_the_tests_of_a_file_are_one_group() -> None:
    assert group("tests/unit/test_cost.py::test_one") == group("tests/unit/test_cost.py::test_two[a/b::c]")
    assert group("tests/unit/test_cost.py::test_one") != group("tests/unit/test_charge.py::test_one")


def test_files_of_one_group_are_named_after_it() -> None:
    assert {group("tests/models/test_align.py::test"), group("tests/e2e/test_restart.py::test")} == {"models"}


def test_tests_that_are_spread_are_groups_of_their_own() -> None:
    (file,) = SPREAD
    assert group(f"{file}::test[a]") != group(f"{file}::test[b]")


@pytest.mark.parametrize("file", FILES)
def test_every_file_has_its_place_in_the_order(file: str) -> None:
    assert place(f"{file}::test") >= 0


def test_what_is_named_exists() -> None:
    for path in (*SPREAD, *(path for paths in GROUPS.values() for path in paths)):
        assert (ROOT / path).exists(), path


@pytest.mark.parametrize(("fixture", "name"), [("real_cloud", "models"), ("cloud", "cloud")])
def test_the_files_that_share_a_cloud_are_one_group(fixture: str, name: str) -> None:
    asked = re.compile(rf"^def \w+\((.*\b)?{fixture}: Cloud", re.MULTILINE)
    own = f"def {fixture}("
    for file in FILES:
        text = Path(ROOT / file).read_text()
        if file.startswith("tests/e2e/") and asked.search(text) and own not in text:
            assert group(file) == name, file
