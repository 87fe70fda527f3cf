"""obstore, by which polars and delta-rs read and write gs://, works as on Google.

It uses the XML API. `make clients` installs it.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from emulators.storage.tests.server import BucketServer

PART = 5 << 20


@pytest.fixture
def obstore() -> Any:
    return pytest.importorskip("obstore", reason="obstore is not installed (make clients)")


@pytest.fixture
def store(obstore: Any, server: BucketServer, bucket: str) -> Any:
    key = {"gcs_base_url": server.url, "disable_oauth": True, "client_email": "", "private_key": ""}
    return obstore.store.GCSStore(
        bucket,
        service_account_key=json.dumps({**key, "private_key_id": ""}),
        client_options={"allow_http": True},
    )


def test_a_file_goes_in_and_out(obstore: Any, store: Any, recording: Path) -> None:
    data = recording.read_bytes()
    obstore.put(store, "a/ü b.wav", data)
    assert bytes(obstore.get(store, "a/ü b.wav").bytes()) == data
    assert bytes(obstore.get_range(store, "a/ü b.wav", start=5, end=9)) == data[5:9]
    found = obstore.head(store, "a/ü b.wav")
    assert (found["path"], found["size"]) == ("a/ü b.wav", len(data))
    assert found["last_modified"].tzinfo is not None


def test_a_large_file_is_uploaded_in_parts(obstore: Any, store: Any) -> None:
    data = b"0123456789abcdef" * (PART // 16) + b"the end"
    obstore.put(store, "a", data, use_multipart=True, chunk_size=PART)
    assert bytes(obstore.get(store, "a").bytes()) == data


def test_objects_are_listed_copied_moved_and_deleted(obstore: Any, store: Any) -> None:
    for name in ("a", "b/1", "b/2"):
        obstore.put(store, name, name.encode())
    obstore.copy(store, "a", "copy")
    obstore.rename(store, "copy", "moved")
    names = [found["path"] for found in obstore.list(store).collect()]
    assert names == ["a", "b/1", "b/2", "moved"]
    listing = obstore.list_with_delimiter(store)
    assert listing["common_prefixes"] == ["b"]
    assert [found["path"] for found in listing["objects"]] == ["a", "moved"]
    obstore.delete(store, ["a", "moved"])
    assert [found["path"] for found in obstore.list(store, "b").collect()] == ["b/1", "b/2"]


def test_preconditions_and_missing_objects_are_refused(obstore: Any, store: Any) -> None:
    obstore.put(store, "a", b"first")
    with pytest.raises(obstore.exceptions.AlreadyExistsError):
        obstore.put(store, "a", b"second", mode="create")
    obstore.put(store, "b", b"other")
    with pytest.raises(obstore.exceptions.AlreadyExistsError):
        obstore.copy(store, "b", "a", overwrite=False)
    assert bytes(obstore.get(store, "a").bytes()) == b"first"
    with pytest.raises(FileNotFoundError):
        obstore.get(store, "missing")
