"""Has the tests shared among parallel workers as tests/parallel.py says."""

from typing import TYPE_CHECKING, Any

import pytest

from tests.parallel import Scheduler, place

if TYPE_CHECKING:
    from xdist.remote import Producer


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: "Producer") -> Scheduler:
    """Returns the scheduler. It starts the groups in the order of the tests, not by their size."""
    config.option.loadscopereorder = False
    return Scheduler(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[Any]) -> None:
    """Sorts the tests of a parallel worker by their group's place; a group keeps its order."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: place(item.nodeid))
