"""Legal object names round-trip, illegal ones are refused, none escapes the data folder."""

import io
import json
from urllib.parse import quote

import httpx
import pytest
from google.cloud import storage

from emulators.storage.tests.contract.uploading import write
from emulators.storage.tests.server import BucketServer

LEGAL_NAMES = [
    "a", "a/b", "/a", "a//b", "a/", "../a", "a/../b", "a/./b", "...",
    "%2F", "100%", "a%2e%2e/b", "a?b#c", "a b+c&d=e", "[a]*{b}", "'\"<>&;",
    "ünï/日本/🎙", "e\u0301", "\t\x01\x7f", "\\..\\a", "a" * 1024, "é" * 512,
    "x/compose", "x/o/y", "b/rewriteTo/b/c/o/d", ".well-known",
]  # fmt: skip


def changed_by_clients(name: str) -> bool:
    """Returns True if an HTTP client would change such a path."""
    return name.startswith("/") or "/." in f"/{name}" or "//" in name


WAYS = [(way, name) for way in ("multipart", "resumable") for name in LEGAL_NAMES]
WAYS += [("signed", name) for name in LEGAL_NAMES if not changed_by_clients(name)]


@pytest.mark.parametrize(("way", "name"), WAYS, ids=ascii)
def test_a_legal_name_comes_back_as_it_went(
    bucket: storage.Bucket, server: BucketServer, name: str, way: str
) -> None:
    blob = bucket.blob(name, chunk_size=256 * 1024 if way == "resumable" else None)
    if way == "signed":
        httpx.put(
            f"{server.url}/{bucket.name}/{quote(name, safe='/~')}", content=name.encode()
        ).raise_for_status()
    else:
        blob.upload_from_file(
            io.BytesIO(name.encode()), size=None if way == "resumable" else len(name.encode())
        )
    found = bucket.get_blob(name)
    assert found is not None and found.name == name
    assert found.download_as_bytes() == name.encode()
    assert [listed.name for listed in bucket.list_blobs()] == [name]
    found.delete()
    assert list(bucket.list_blobs()) == []


ILLEGAL_NAMES = [
    "",
    ".",
    "..",
    "a\nb",
    "a\rb",
    "a" * 1025,
    "é" * 513,
    ".well-known/acme-challenge/x",
    "\ud800",
]


@pytest.mark.parametrize("name", ILLEGAL_NAMES, ids=ascii)
@pytest.mark.parametrize("upload_type", ["multipart", "resumable"])
def test_an_illegal_name_is_refused(
    bucket: storage.Bucket, server: BucketServer, name: str, upload_type: str
) -> None:
    metadata = json.dumps({"name": name})
    body, content_type = metadata, "application/json"
    if upload_type == "multipart":
        part = "\r\n--B\r\nContent-Type: text/plain\r\n\r\n"
        body, content_type = (
            f"--B{part[5:]}{metadata}{part}data\r\n--B--",
            "multipart/related; boundary=B",
        )
    url = f"{server.url}/upload/storage/v1/b/{bucket.name}/o?uploadType={upload_type}"
    answer = httpx.post(url, content=body, headers={"Content-Type": content_type})
    assert (answer.status_code, answer.json()["error"]["errors"][0]["reason"]) == (400, "invalid")


def test_a_name_that_is_not_utf8_is_refused(bucket: storage.Bucket, server: BucketServer) -> None:
    assert httpx.get(f"{server.url}/storage/v1/b/{bucket.name}/o/%ff").status_code == 400


def test_everything_stays_in_the_data_folder(bucket: storage.Bucket, server: BucketServer) -> None:
    for name in ("../../escaped", "/tmp/escaped", "..\\escaped"):
        write(bucket, name)
    assert {path.name for path in server.folder.iterdir()} <= {
        "content",
        "index.sqlite",
        "index.sqlite-wal",
    }
    assert not list(server.folder.parent.rglob("*escaped*"))
