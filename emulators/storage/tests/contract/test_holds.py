"""An object under a hold is neither deleted nor replaced until the hold is removed."""

import asyncio
import time
from pathlib import Path

import pytest
from google.api_core.exceptions import Forbidden
from google.cloud import storage

from emulators.storage import buckets, lifecycle, objects
from emulators.storage.preconditions import Preconditions
from emulators.storage.store import open_store
from emulators.storage.tests.contract.uploading import write


@pytest.mark.parametrize("hold", ["temporary_hold", "event_based_hold"])
def test_a_held_object_stays(bucket: storage.Bucket, hold: str) -> None:
    held = write(bucket, "held", b"held")
    setattr(held, hold, True)
    held.patch()
    other = write(bucket, "other")
    refused = [
        held.delete,
        lambda: write(bucket, "held", b"new"),
        lambda: bucket.copy_blob(other, bucket, "held"),
        lambda: bucket.move_blob(held, "moved"),
        lambda: held.compose([other]),
        lambda: bucket.blob("held", generation=held.generation).delete(),
    ]
    for attempt in refused:
        with pytest.raises(Forbidden, match="hold and cannot be deleted"):
            attempt()
    assert held.download_as_bytes() == b"held"
    assert [blob.name for blob in bucket.list_blobs()] == ["held", "other"]
    held.reload()
    setattr(held, hold, False)
    held.patch()
    held.delete()


def test_a_lifecycle_rule_leaves_it(tmp_path: Path) -> None:
    store = open_store(tmp_path, lambda _: False)
    rule = {"action": {"type": "Delete"}, "condition": {"age": 7}}
    body = {"name": "work", "lifecycle": {"rule": [rule]}}
    asyncio.run(store.index.run(lambda tx: buckets.create(tx, body)))
    for name, held in (("a", True), ("b", False), ("c", True)):
        content = store.contents.begin()
        draft = objects.Draft("work", name, {"temporaryHold": held}, Preconditions())
        written = objects.Bytes.of(content.seal())
        asyncio.run(store.index.run(lambda tx, d=draft, w=written: objects.put(tx, d, w)))  # type: ignore[misc]
    in_a_month = time.time() + 30 * 24 * 3600
    asyncio.run(store.index.run(lambda tx: lifecycle.apply(tx, in_a_month)))
    rows = asyncio.run(
        store.index.run(lambda tx: tx.execute("select name from objects").fetchall())
    )
    assert rows == [("a",), ("c",)]
    store.index.close()
