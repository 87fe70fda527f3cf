"""The storage emulator, a new bucket for each test, and a recording to upload to it."""

import random
import uuid
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from emulators.storage.tests.server import BucketServer, bucket_server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BucketServer]:
    with bucket_server(tmp_path_factory.mktemp("storage")) as server:
        yield server


@pytest.fixture
def bucket(server: BucketServer) -> str:
    return new_bucket(server)


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A file that is larger than the parts in which clients upload."""
    path = tmp_path / "call.wav"
    path.write_bytes(random.Random(1).randbytes(600_000))
    return path


def new_bucket(server: BucketServer) -> str:
    """Creates a bucket. Returns its name."""
    name = f"clients-{uuid.uuid4().hex}"
    url = f"{server.url}/storage/v1/b?project=test-project"
    httpx.post(url, json={"name": name}).raise_for_status()
    return name


def names_in(server: BucketServer, bucket: str) -> list[str]:
    """Returns the names of all objects, as the server has them."""
    listing = httpx.get(f"{server.url}/storage/v1/b/{bucket}/o").raise_for_status().json()
    return [item["name"] for item in listing.get("items", [])]
