"""KeyStore keeps its promises in memory, on SQLite and on the Firestore emulator."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from shared.jobs.key_store import SESSION_HOURS, KeyStore, digest_of
from shared.ports.documents import Documents
from tests.contract.conftest import Clock


@pytest.fixture
def keys(documents: Documents, clock: Clock) -> KeyStore:
    return KeyStore(documents, clock)


def later(keys: KeyStore, **interval: float) -> datetime:
    return keys.now() + timedelta(**interval)


def test_a_key_is_found_by_its_secret_alone(keys: KeyStore) -> None:
    made, secret = keys.create("a", ("write", "read", "read"), "team-a/", later(keys, days=400))
    found = keys.find(secret)
    assert found == made
    assert found.scopes == ("read", "write")
    assert secret.startswith(found.prefix) and len(found.prefix) == 11
    for wrong in (secret[:-1], f"{secret[:-1]}x", secret.upper(), made.digest, "", "../keys"):
        assert keys.find(wrong) is None


def test_two_keys_differ(keys: KeyStore) -> None:
    first, first_secret = keys.create("same", ("read",), "", None)
    second, second_secret = keys.create("same", ("read",), "", None)
    assert first_secret != second_secret
    assert first.key_id != second.key_id


def test_the_secret_is_not_stored(keys: KeyStore) -> None:
    made, secret = keys.create("a", ("read",), "", None)
    found = keys.documents.get(f"keys/{made.digest}")
    assert found is not None
    assert made.digest == digest_of(secret)
    assert secret[len(made.prefix) :] not in repr(found)


def test_a_key_is_valid_until_it_expires(keys: KeyStore, clock: Clock) -> None:
    made, secret = keys.create("a", ("read",), "", later(keys, hours=1))
    clock.now += 3599
    assert keys.find(secret) is not None
    clock.now += 1
    assert keys.find(secret) is None
    assert keys.find_by_id(made.key_id) == made


def test_a_key_may_be_valid_until_the_end_of_time(keys: KeyStore) -> None:
    last = datetime.max.replace(tzinfo=UTC)
    _, secret = keys.create("a", ("read",), "", last)
    found = keys.find(secret)
    assert found is not None and found.valid_until == last


def test_a_revoked_key_stays_revoked_and_listed(keys: KeyStore, clock: Clock) -> None:
    made, secret = keys.create("a", ("read",), "", None)
    revoked = keys.revoke(made.key_id)
    assert revoked is not None and revoked.revoked == keys.now()
    clock.now += 5
    keys.revoke(made.key_id)
    keys.record_use(made.digest)
    assert keys.find(secret) is None
    listed = {key.key_id: key for key in keys.list()}
    assert listed[made.key_id].revoked == revoked.revoked


def test_a_key_that_does_not_exist_cannot_be_revoked(keys: KeyStore) -> None:
    assert keys.revoke("0123456789abcdef") is None


def test_keys_are_listed_in_the_order_in_which_they_were_made(keys: KeyStore, clock: Clock) -> None:
    first, _ = keys.create("a", ("read",), "", None)
    clock.now += 1
    second, _ = keys.create("b", ("read",), "", None)
    clock.now += 1
    keys.record_use(first.digest)
    ours = [key.key_id for key in keys.list() if key.key_id in (first.key_id, second.key_id)]
    assert ours == [second.key_id, first.key_id]


def test_the_use_of_a_key_is_recorded_once_a_minute(keys: KeyStore, clock: Clock) -> None:
    made, secret = keys.create("a", ("read",), "", None)
    begun = keys.now()
    for _ in range(59):
        keys.record_use(made.digest)
        clock.now += 1
    found = keys.find(secret)
    assert found is not None and found.last_used == begun
    clock.now += 1
    keys.record_use(made.digest)
    found = keys.find(secret)
    assert found is not None and found.last_used == keys.now()


def test_a_use_does_not_undo_a_revocation_at_the_same_time(keys: KeyStore) -> None:
    made, secret = keys.create("a", ("read",), "", None)
    with ThreadPoolExecutor(4) as pool:
        uses = [pool.submit(keys.record_use, made.digest) for _ in range(3)]
        pool.submit(keys.revoke, made.key_id).result()
        for use in uses:
            use.result()
    assert keys.find(secret) is None


def test_a_session_has_a_secret_of_its_own_and_ends(keys: KeyStore, clock: Clock) -> None:
    made, secret = keys.create("a", ("read",), "team-a/", None)
    session = digest_of(keys.log_in(made))
    assert session not in (made.digest, digest_of(secret))
    assert keys.find_session(session) == made
    assert keys.find_session(made.digest) is None
    clock.now += SESSION_HOURS * 3600
    assert keys.find_session(session) is None


def test_a_session_dies_with_its_key(keys: KeyStore) -> None:
    made, _ = keys.create("a", ("read",), "", None)
    session = digest_of(keys.log_in(made))
    keys.revoke(made.key_id)
    assert keys.find_session(session) is None


def test_a_session_can_be_ended(keys: KeyStore) -> None:
    made, _ = keys.create("a", ("read",), "", None)
    session = digest_of(keys.log_in(made))
    keys.log_out(session)
    keys.log_out(session)
    assert keys.find_session(session) is None


def test_a_code_gives_its_key_once(keys: KeyStore) -> None:
    made, _ = keys.create("a", ("read",), "team-a/", None)
    keys.create("b", ("read",), "", None)
    code, _ = keys.make_code(made)
    assert keys.use_code(f"{code}x") is None
    assert keys.use_code(code) == made
    assert keys.use_code(code) is None


def test_a_code_is_used_once_also_by_many_at_the_same_time(keys: KeyStore) -> None:
    made, _ = keys.create("a", ("read",), "", None)
    code, _ = keys.make_code(made)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(keys.use_code, [code] * 8))
    assert [key for key in found if key is not None] == [made]


def test_a_code_ends_and_dies_with_its_key(keys: KeyStore, clock: Clock) -> None:
    made, _ = keys.create("a", ("read",), "", None)
    first, expires = keys.make_code(made)
    assert expires - keys.now() == timedelta(minutes=10)
    clock.now += 599
    second, _ = keys.make_code(made)
    clock.now += 1
    assert keys.use_code(first) is None
    keys.revoke(made.key_id)
    assert keys.use_code(second) is None


def test_the_code_is_not_stored(keys: KeyStore) -> None:
    made, _ = keys.create("a", ("read",), "", None)
    code, _ = keys.make_code(made)
    found = keys.documents.get(f"login_codes/{digest_of(code)}")
    assert found is not None
    assert code not in repr(found)
