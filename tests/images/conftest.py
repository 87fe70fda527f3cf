from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from emulators.storage.tests.server import BucketServer
from tests.images.containers import Container, require

Start = Callable[[str], Container]


@pytest.fixture(scope="session")
def buckets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BucketServer]:
    server = BucketServer(tmp_path_factory.mktemp("buckets"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def start(tmp_path: Path, buckets: BucketServer) -> Iterator[Start]:
    """Starts a function from its image, in front of the bucket server."""
    started: list[Container] = []

    def begin(function: str) -> Container:
        require(function)
        started.append(
            Container(function, tmp_path / "jobs", {"STORAGE_EMULATOR_HOST": buckets.url})
        )
        return started[-1]

    yield begin
    for container in started:
        container.remove()
