"""Shares the tests among parallel workers: `pytest --numprocesses 2 --dist loadgroup`.

The tests of one group run in one worker, one after another. A group is a file, unless the marker
`xdist_group` names another one: for files that share an expensive fixture, or that must not run
beside each other. The groups that take longest are started first, so that none is left for the end.
"""

from pathlib import Path

import pytest

ROOT = Path(__file__).parent
SLOWEST_FIRST = (
    "models",
    "cloud",
    "e2e",
    "hostile",
    "terraform",
    "images",
    "emulators",
    "contract",
    "unit",
)
"""Names of groups, of folders in tests/, and the emulators' own tests."""


@pytest.hookimpl(tryfirst=True)  # pytest-xdist reads the groups in its own hook
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(file_of(item)))
    if hasattr(config, "workerinput"):
        items.sort(key=place)


def file_of(item: pytest.Item) -> str:
    """Returns the path of the item's file in the repository."""
    return item.path.relative_to(ROOT).as_posix()


def place(item: pytest.Item) -> int:
    """Returns the index in SLOWEST_FIRST of the item's group, or else of its folder."""
    marker = item.get_closest_marker("xdist_group")
    assert marker is not None
    folder = file_of(item).removeprefix("tests/").partition("/")[0]
    name = marker.args[0] if marker.args[0] in SLOWEST_FIRST else folder
    return SLOWEST_FIRST.index(name)
