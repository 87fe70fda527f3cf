"""Has the tests shared among parallel workers as tests/parallel.py says."""

from typing import TYPE_CHECKING, Any

import pytest

from tests.parallel import Scheduler, place

if TYPE_CHECKING:
    from xdist.remote import Producer


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: "Producer") -> Scheduler:
    config.option.loadscopereorder = False  # pytest-xdist would start the groups with most tests first
    return Scheduler(config, log)


def pytest_collection_modifyitems(config: pytest.Config, items: list[Any]) -> None:
    """Sorts the tests of a parallel worker by their group's place. Within a group they keep their order."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: place(item.nodeid))
