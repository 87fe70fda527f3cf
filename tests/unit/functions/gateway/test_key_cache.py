"""A key is looked up again within a second, and random keys take no memory."""

import pytest

from functions.gateway.credentials import Credential
from functions.gateway.key_cache import MAX_KEPT, KeyCache, UseRecorder
from shared.adapters.memory import MemoryDocuments
from shared.jobs.key_store import KeyRecord, KeyStore


class Seconds:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Seconds:
    return Seconds()


@pytest.fixture
def store(clock: Seconds) -> KeyStore:
    return KeyStore(MemoryDocuments(), clock)


@pytest.fixture
def key(store: KeyStore) -> KeyRecord:
    made, _ = store.create("test", ("read",), "", None)
    return made


def test_a_lookup_counts_for_less_than_a_second_from_its_begin(
    clock: Seconds, store: KeyStore, key: KeyRecord
) -> None:
    cache = KeyCache(clock)
    credential = Credential("key", key.digest)
    assert cache.look_up(credential, store) == key
    clock.now += 0.8
    assert cache.kept(credential) == key
    clock.now += 0.2
    assert cache.kept(credential) is None
    assert cache.knows(credential)


def test_a_revoked_key_is_forgotten(clock: Seconds, store: KeyStore, key: KeyRecord) -> None:
    cache = KeyCache(clock)
    credential = Credential("key", key.digest)
    cache.look_up(credential, store)
    store.revoke(key.key_id)
    clock.now += 1
    assert cache.kept(credential) is None
    assert cache.look_up(credential, store) is None
    assert not cache.knows(credential)


def test_a_session_is_kept_apart_from_a_key(
    clock: Seconds, store: KeyStore, key: KeyRecord
) -> None:
    cache = KeyCache(clock)
    cache.look_up(Credential("key", key.digest), store)
    assert cache.kept(Credential("session", key.digest)) is None
    assert cache.look_up(Credential("session", key.digest), store) is None


def test_wrong_keys_are_not_kept_and_valid_ones_only_so_many(
    clock: Seconds, store: KeyStore, key: KeyRecord
) -> None:
    class EveryKeyIsValid(KeyStore):
        def find_by_digest(self, digest: str) -> KeyRecord | None:
            return key if digest.startswith("valid") else None

    cache = KeyCache(clock)
    every = EveryKeyIsValid(store.documents, clock)
    for number in range(MAX_KEPT + 10):
        cache.look_up(Credential("key", f"wrong{number}"), every)
        cache.look_up(Credential("key", f"valid{number}"), every)
    known = [cache.knows(Credential("key", f"valid{number}")) for number in range(MAX_KEPT + 10)]
    assert sum(known) == MAX_KEPT and not any(known[:10])
    assert not cache.knows(Credential("key", "wrong0"))


def test_a_use_is_written_once_a_minute(clock: Seconds, key: KeyRecord) -> None:
    written = []

    class CountingKeys(KeyStore):
        def record_use(self, digest: str) -> None:
            written.append((digest, clock.now))

    counting = CountingKeys(MemoryDocuments(), clock)
    uses = UseRecorder(clock)
    begun = clock.now
    for _ in range(4):
        uses.record(key, counting)
        uses.wait()
        clock.now += 20
    assert written == [(key.digest, begun), (key.digest, begun + 60)]
