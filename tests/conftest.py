"""The one-machine clouds that tests of several folders share."""

from collections.abc import Iterator

import pytest

from tests.support.cloud import SHORT_LEASES, Cloud
from tests.support.slow import ENVIRONMENT
from tests.support.traces import traces_of


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
