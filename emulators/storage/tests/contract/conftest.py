"""One storage emulator for all tests of a module, and a new bucket for each test."""

import uuid
from collections.abc import Iterator

import pytest
from google.cloud import storage

from emulators.storage.tests.server import BucketServer, bucket_server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BucketServer]:
    with bucket_server(tmp_path_factory.mktemp("bucket")) as server:
        yield server


@pytest.fixture(scope="module")
def client(server: BucketServer) -> Iterator[storage.Client]:
    with server.client() as client:
        yield client


@pytest.fixture
def bucket(client: storage.Client) -> storage.Bucket:
    return client.create_bucket(f"test-{uuid.uuid4().hex}")
