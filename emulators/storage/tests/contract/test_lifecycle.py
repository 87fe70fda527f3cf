"""Objects older than a bucket's lifecycle rule are deleted, and no others."""

import asyncio
import time
from pathlib import Path

from emulators.storage import buckets, lifecycle, objects
from emulators.storage.index import Transaction
from emulators.storage.preconditions import Preconditions
from emulators.storage.store import Store, open_store

DAY = 24 * 3600


def put(store: Store, bucket: str, name: str) -> None:
    content = store.contents.begin()
    content.write(b"x")
    draft = objects.Draft(bucket, name, {}, Preconditions())
    asyncio.run(
        store.index.run(lambda tx: objects.put(tx, draft, objects.Bytes.of(content.seal())))
    )


def names(tx: Transaction) -> list[tuple[str, str]]:
    return list(tx.execute("select bucket, name from objects order by bucket, name").fetchall())


def test_objects_older_than_the_rule_are_deleted(tmp_path: Path) -> None:
    store = open_store(tmp_path, lambda _: False)
    rule = {"action": {"type": "Delete"}, "condition": {"age": 7}}
    for bucket, rules in {"kept": [], "work": [rule]}.items():
        body = {"name": bucket, "lifecycle": {"rule": rules}}
        asyncio.run(store.index.run(lambda tx, body=body: buckets.create(tx, body)))  # type: ignore[misc]
        put(store, bucket, "old.wav")
    asyncio.run(store.index.run(lambda tx: lifecycle.apply(tx, time.time() + 6 * DAY)))
    assert asyncio.run(store.index.run(names)) == [("kept", "old.wav"), ("work", "old.wav")]
    asyncio.run(store.index.run(lambda tx: lifecycle.apply(tx, time.time() + 8 * DAY)))
    assert asyncio.run(store.index.run(names)) == [("kept", "old.wav")]
    assert len([path for path in (tmp_path / "content").rglob("*") if path.is_file()]) == 1
    store.index.close()
