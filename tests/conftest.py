"""The one-machine clouds that tests of several folders share."""

from collections.abc import Iterator

import pytest

from tests.support.cloud import SHORT_LEASES, Cloud
from tests.support.slow import ENVIRONMENT


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """The one-machine cloud with engines that do nothing, and leases short enough to see them run
    out."""
    cloud = Cloud(tmp_path_factory.mktemp("cloud"), {**ENVIRONMENT, **SHORT_LEASES})
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
