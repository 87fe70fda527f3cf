"""The first `up` makes a key that only its owner can read, and later ones keep it."""

import stat
import time
from pathlib import Path

import pytest

from local.first_key import ensure_first_key
from local.layout import Layout
from shared.adapters.sqlite import SqliteDocuments
from shared.jobs.key_store import KeyStore


@pytest.fixture
def home(tmp_path: Path) -> Layout:
    return Layout(tmp_path / "home")


def keys_of(home: Layout) -> KeyStore:
    return KeyStore(SqliteDocuments(home.jobs), clock=time.time)


def test_the_file_has_a_key_with_all_scopes(home: Layout) -> None:
    assert ensure_first_key(home)
    key = keys_of(home).find(home.key.read_text().strip())
    assert key is not None
    assert (key.scopes, key.folder) == (("admin", "erase", "read", "write"), "")
    assert stat.S_IMODE(home.key.stat().st_mode) == 0o600


def test_a_valid_key_is_kept(home: Layout) -> None:
    ensure_first_key(home)
    secret = home.key.read_text()
    assert not ensure_first_key(home)
    assert home.key.read_text() == secret
    assert len(keys_of(home).list()) == 1


def test_a_revoked_key_and_one_of_a_deleted_database_are_replaced(home: Layout) -> None:
    ensure_first_key(home)
    revoked = home.key.read_text()
    (key,) = keys_of(home).list()
    keys_of(home).revoke(key.key_id)
    assert ensure_first_key(home)
    replaced = home.key.read_text()
    home.jobs.unlink()
    assert ensure_first_key(home)
    assert len({revoked, replaced, home.key.read_text()}) == 3


def test_a_file_of_a_writer_that_died_is_no_obstacle(home: Layout) -> None:
    home.folder.mkdir()
    home.key.with_suffix(".new").write_text("ds_")
    assert ensure_first_key(home)
    assert stat.S_IMODE(home.key.stat().st_mode) == 0o600
