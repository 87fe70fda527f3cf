"""The error classes define which failures are final, and everything else agrees with them."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.model import errors
from shared.model.errors import Permanent, StageError, Transient
from shared.model.finality import is_final, statuses

ARCHITECTURE = (Path(__file__).parents[4] / "docs" / "architecture.md").read_text()
KINDS = (Permanent, Transient)
NUMBER = re.compile(r"\b[45]\d\d\b")


def derived(kind: type[StageError]) -> Iterator[type[StageError]]:
    for one in kind.__subclasses__():
        yield one
        yield from derived(one)


def test_the_drawn_tree_is_that_of_the_classes() -> None:
    drawn: dict[str, set[tuple[str, int]]] = {}
    for mark, name, status in re.findall(
        r"(?m)^ +([x+]) (\w+) +(?:(\d{3})  )?", errors.__doc__ or ""
    ):
        if mark == "x":
            kind = drawn.setdefault(name, set())
        else:
            kind.add((name, int(status)))
    coded = {
        kind.__name__: {(one.__name__, int(one.status)) for one in derived(kind)} for kind in KINDS
    }
    assert drawn == coded


def test_no_status_is_both_final_and_passing() -> None:
    assert statuses(Permanent).isdisjoint(statuses(Transient))


@pytest.mark.parametrize("error", list(derived(Permanent)), ids=lambda error: error.__name__)
def test_the_problem_of_a_permanent_error_is_final(error: type[StageError]) -> None:
    assert is_final(error("x").problem(None, None))


@pytest.mark.parametrize("error", list(derived(Transient)), ids=lambda error: error.__name__)
def test_the_problem_of_a_transient_error_is_not_final(error: type[StageError]) -> None:
    assert not is_final(error("x").problem(None, None))


def test_the_architecture_names_the_final_statuses() -> None:
    found = re.search(
        r"(?m)^(\d{3}[\d, and]+) are final, and so is a (\d{3}) with our problem type", ARCHITECTURE
    )
    assert found is not None
    assert set(map(int, NUMBER.findall(found[0]))) == statuses(Permanent)
