from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.adapters.memory import MemoryDocuments
from shared.adapters.sqlite import SqliteDocuments
from shared.ports.documents import Documents
from tests.support.firestore_emulator import FIRESTORE
from tests.support.pubsub_emulator import PUBSUB


@pytest.fixture(scope="session")
def firestore_host() -> Iterator[str]:
    if reason := FIRESTORE.missing():
        pytest.skip(reason)
    with FIRESTORE.running() as host:
        yield host


@pytest.fixture(scope="session")
def pubsub_host() -> Iterator[str]:
    if reason := PUBSUB.missing():
        pytest.skip(reason)
    with PUBSUB.running() as host:
        yield host


class Clock:
    """Seconds since the epoch, moved by hand."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(params=["memory", "sqlite", "firestore"])
def documents(request: pytest.FixtureRequest, tmp_path: Path) -> Documents:
    if request.param == "memory":
        return MemoryDocuments()
    if request.param == "sqlite":
        return SqliteDocuments(tmp_path / "jobs.sqlite")
    request.getfixturevalue("firestore_host")
    from shared.adapters.firestore import FirestoreDocuments

    return FirestoreDocuments()


@pytest.fixture
def clock() -> Clock:
    return Clock()
