from collections.abc import Iterator

import pytest

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
