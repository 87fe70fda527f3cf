"""Each mistake planted in terraform/ is caught by the check that is named for it."""

import re
from pathlib import Path
from typing import Any

import pytest

from tests.terraform.checks import CHECKS
from tests.terraform.copies import ROOT, Copy, Refused
from tests.terraform.mistakes import MISTAKES
from tests.terraform.mistakes.mistake import Mistake, Refusal, Says
from tests.terraform.plan import Plan


def test_each_mistake_fits_its_file_once() -> None:
    unfit = [
        mistake.name
        for mistake in MISTAKES
        if (ROOT / "terraform" / mistake.file).read_text().count(mistake.old) != 1
    ]
    assert unfit == []


@pytest.mark.slow  # it tests the checks; test_topology runs the checks with each change
@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_a_mistake_is_caught(mistake: Mistake, topology: Copy, tmp_path: Path) -> None:
    copy = topology.to(tmp_path / "copy")
    file = copy.folder / "terraform" / mistake.file
    text = file.read_text()
    assert text.count(mistake.old) == 1, "the mistake no longer fits the file"
    file.write_text(text.replace(mistake.old, mistake.new))
    if isinstance(mistake.caught_by, Says):
        with pytest.raises(Refused) as refused:
            run(mistake.caught_by, copy, mistake.given)
        assert mistake.caught_by.text in str(refused.value)
    elif isinstance(mistake.caught_by, Refusal):
        copy.plan(**mistake.given)
    else:
        plan = planned(copy, mistake.given, over=mistake.over)
        with pytest.raises(AssertionError):
            mistake.caught_by(plan)


REFUSED = [mistake for mistake in MISTAKES if isinstance(mistake.caught_by, Refusal)]
PLANNED = [mistake.given for mistake in MISTAKES if mistake not in REFUSED]


@pytest.mark.slow  # as the one before
@pytest.mark.parametrize("mistake", REFUSED, ids=lambda mistake: mistake.name)
def test_it_is_refused_without_the_mistake(
    mistake: Mistake, topology: Copy, tmp_path: Path
) -> None:
    with pytest.raises(Refused) as refused:
        topology.to(tmp_path / "copy").plan(**mistake.given)
    assert isinstance(mistake.caught_by, Refusal)
    said = " ".join(re.sub(r"[│\s]+", " ", str(refused.value)).split())
    assert mistake.caught_by.text in said


@pytest.mark.slow  # as the one before
@pytest.mark.parametrize("given", list({str(given): given for given in PLANNED}.values()), ids=str)
def test_nothing_is_caught_without_a_mistake(
    given: dict[str, Any], topology: Copy, tmp_path: Path
) -> None:
    plan = topology.to(tmp_path / "copy").plan(**given)
    for check in CHECKS:
        check(plan)


def test_nothing_is_caught_over_an_older_deployment(topology: Copy, tmp_path: Path) -> None:
    plan = planned(topology.to(tmp_path / "copy"), {}, over=True)
    for mistake in MISTAKES:
        if mistake.over and not isinstance(mistake.caught_by, Says | Refusal):
            mistake.caught_by(plan)


def planned(copy: Copy, given: dict[str, Any], *, over: bool) -> Plan:
    if over:
        copy.deploy_an_older_one(**given)
    return copy.plan(**given)


def run(says: Says, copy: Copy, given: dict[str, Any]) -> None:
    if says.command == "plan":
        copy.plan(**given)
    else:
        only = [f"-filter={says.file}"] if says.file else []
        copy.terraform(says.command, "-no-color", *only)
