"""The bucket server's index and files stay consistent, tested without HTTP."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from emulators.storage import buckets, notify, objects, resumable
from emulators.storage.content import Contents
from emulators.storage.index import Transaction
from emulators.storage.listing import Listing, rows
from emulators.storage.objects import Bytes, Draft
from emulators.storage.preconditions import Preconditions
from emulators.storage.resources import Resource, merge
from emulators.storage.store import UPLOAD_LIFETIME, Store, forget_stale_uploads, open_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store(tmp_path, announces=lambda bucket: True)
    asyncio.run(store.index.run(lambda tx: buckets.create(tx, {"name": "inbox"})))
    yield store
    store.index.close()


def draft(name: str = "a") -> Draft:
    return Draft("inbox", name, {}, Preconditions())


def put(store: Store, data: bytes, name: str = "a") -> Resource:
    writer = store.contents.begin()
    writer.write(data)
    content = writer.seal()
    return asyncio.run(store.index.run(lambda tx: objects.put(tx, draft(name), Bytes.of(content))))


def test_a_generation_is_never_less_than_the_last_even_when_the_clock_was_set_back(
    store: Store,
) -> None:
    far = 2 * time.time_ns() // 1000
    asyncio.run(
        store.index.run(lambda tx: tx.execute("update clock set last_generation = ?", (far,)))
    )
    assert [int(put(store, b"x")["generation"]) for _ in range(2)] == [far + 1, far + 2]


def test_an_event_that_a_clock_ahead_has_put_off_is_due(store: Store) -> None:
    put(store, b"x")
    asyncio.run(store.index.run(notify.claim))
    assert asyncio.run(store.index.run(notify.claim)) is None, "an attempt is under way"
    asyncio.run(store.index.run(lambda tx: tx.execute("update events set due = due + 3600")))
    assert asyncio.run(store.index.run(notify.claim)) is not None


def test_an_event_is_written_with_its_object_or_not_at_all(store: Store) -> None:
    def fail(tx: Transaction) -> None:
        objects.put(tx, draft(), Bytes("content", {"size": "0", "crc32c": ""}))
        raise KeyError("after the insert")

    with pytest.raises(KeyError):
        asyncio.run(store.index.run(fail))
    count = "select (select count(*) from events), (select count(*) from objects)"
    assert asyncio.run(store.index.run(lambda tx: tx.execute(count).fetchone())) == (0, 0)
    put(store, b"x")
    assert asyncio.run(store.index.run(lambda tx: tx.execute(count).fetchone())) == (1, 1)


@pytest.mark.parametrize(
    ("versions", "bounds"),
    [
        ("true", "(bucket=? AND (name,generation)>(?,?) AND name<?)"),
        ("false", "(bucket=? AND name>? AND name<?)"),
    ],
)
def test_a_page_is_found_by_index_and_not_by_scanning(
    store: Store, versions: str, bounds: str
) -> None:
    listing = Listing.from_query({"prefix": "inbox/", "versions": versions})

    def plan(tx: Transaction) -> str:
        execute = tx.execute
        tx.execute = lambda sql, *values: execute("explain query plan " + sql, *values)
        return " ".join(str(row) for row in rows(tx, "inbox", listing, ("inbox/x", 1)))

    found = asyncio.run(store.index.run(plan))
    assert bounds in found and "TEMP B-TREE" not in found


def test_a_stale_upload_is_forgotten_with_its_bytes(store: Store) -> None:
    asyncio.run(store.index.run(lambda tx: resumable.add(tx, "upload", draft(), None, None)))
    upload = asyncio.run(store.index.run(lambda tx: resumable.get(tx, "upload")))
    store.contents.resume(str(upload.content), None).write(b"x")
    asyncio.run(store.index.run(forget_stale_uploads))
    assert len(list(store.contents.folder.iterdir())) == 1
    old = time.time() - UPLOAD_LIFETIME - 1
    asyncio.run(store.index.run(lambda tx: tx.execute("update uploads set created = ?", (old,))))
    asyncio.run(store.index.run(forget_stale_uploads))
    assert list(store.contents.folder.iterdir()) == []


def test_a_writer_recovers_what_is_on_disk_but_never_the_last_byte(tmp_path: Path) -> None:
    contents = Contents(tmp_path)
    first = contents.begin()
    first.write(b"abcdef")
    again = contents.resume(first.id, limit=5)
    assert again.size == 5
    again.write(b"f")
    assert again.seal() == first.seal()


def test_a_write_that_failed_half_way_is_overwritten(tmp_path: Path) -> None:
    writer = Contents(tmp_path).begin()
    writer.write(b"abc")
    writer.path.write_bytes(b"abc-and-more-than-was-counted")
    writer.write(b"def")
    content = writer.seal()
    assert (writer.path.read_bytes(), content.size) == (b"abcdef", 6)


@pytest.mark.parametrize(
    ("target", "patch", "merged"),
    [
        ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ({"a": 1, "b": 2}, {"a": None}, {"b": 2}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": None}}, {"a": {"c": 2}}),
        ({"a": [1]}, {"a": [2]}, {"a": [2]}),
        ({"a": 1}, {"a": {"b": 2, "c": None}}, {"a": {"b": 2}}),
    ],
)
def test_a_merge_patch(target: Resource, patch: Resource, merged: Resource) -> None:
    assert merge(target, patch) == merged
