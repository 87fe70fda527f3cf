from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cloud import Cloud
from tests.support.slow import ENVIRONMENT

SHORT_LEASES = {"DROPSCRIBE_LEASE": "6", "DROPSCRIBE_HEARTBEAT": "1.5"}


def traces_of(folder: Path) -> Path:
    """Returns the file with the traces of the cloud in a folder."""
    return folder / "traces.jsonl"


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """The one-machine cloud with engines that do nothing, and leases short enough to see them run
    out."""
    folder = tmp_path_factory.mktemp("cloud")
    traces = {"DROPSCRIBE_TRACES": str(traces_of(folder))}
    cloud = Cloud(folder, {**ENVIRONMENT, **SHORT_LEASES, **traces})
    cloud.up()
    yield cloud
    cloud.down()


@pytest.fixture(scope="session")
def real_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """The one-machine cloud with the packaged models."""
    cloud = Cloud(tmp_path_factory.mktemp("real"), SHORT_LEASES)
    cloud.up()
    yield cloud
    cloud.down()
