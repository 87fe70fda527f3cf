"""tests/suites.toml lists every test file, and names markers and targets that exist and are run."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.check_all import check, targets
from tests.suites import ROOT, Suite, suites

MAKEFILE = (ROOT / "Makefile").read_text()
CI = (ROOT / ".ci" / "run").read_text()
SUITES = suites()
TEST_FILES = sorted(
    file for folder in ("tests", "emulators") for file in (ROOT / folder).rglob("test_*.py")
)


def made_by(script: str) -> set[str]:
    """Returns the targets that a shell script makes."""
    return set(re.findall(r"^ *(?:nice -n 19 )?make ([a-z-]+)", script, re.MULTILINE))


def test_every_test_file_belongs_to_a_suite() -> None:
    for file in TEST_FILES:
        assert any(suite.holds(file) for suite in SUITES.values()), file


def test_the_first_line_of_a_test_file_says_what_it_proves() -> None:
    sentence = re.compile(r'"""[^"]+\.("""| *)')
    for file in TEST_FILES:
        first = file.read_text().partition("\n")[0]
        assert sentence.fullmatch(first), f"{file}: a sentence that ends on the line"


@pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES)
def test_a_suite_runs_somewhere_by_a_target_that_exists(suite: Suite) -> None:
    assert re.search(rf"^{suite.target}:.* ## ", MAKEFILE, re.MULTILINE), f"make {suite.target}"
    assert suite.runs and suite.proves.endswith(".")
    assert "ci" not in suite.runs or suite.target in made_by(CI)
    assert "all" not in suite.runs or suite.target in targets()


@pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES)
def test_the_files_of_a_suite_exist(suite: Suite) -> None:
    for name in suite.files:
        assert [file for file in TEST_FILES if file.is_relative_to(ROOT / name)], name


def test_the_marker_of_a_suite_is_declared() -> None:
    options = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["pytest"]["ini_options"]
    declared = {marker.partition(":")[0] for marker in options["markers"]}
    assert declared >= {suite.marker for suite in SUITES.values() if suite.marker}


def test_everything_that_is_tested_with_a_change_is_in_check_all() -> None:
    assert all("all" in suite.runs for suite in SUITES.values())


def test_check_all_runs_every_target_and_reports_each(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "Makefile").write_text("good:\n\t@echo one\nbad:\n\t@false\nlast:\n\t@echo two\n")
    assert check(["good", "bad", "last"], tmp_path) == 1
    printed = capfd.readouterr().out
    summary = printed.partition("== summary\n")[2].splitlines()
    assert [line.split()[:2] for line in summary] == [
        ["good", "passed"],
        ["bad", "failed"],
        ["last", "passed"],
    ]
    assert check(["good", "last"], tmp_path) == 0
