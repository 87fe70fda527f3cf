"""Requests that are sent with Content-Encoding gzip mean the same as those that are not.

Java's client sends its JSON so, and gsutil and gcloud send uploads so (`-J`).
"""

import gzip
import json

import httpx
import pytest
from google.cloud import storage

from emulators.storage.tests.contract.uploading import write
from emulators.storage.tests.server import BucketServer

DATA = b"RIFF and so on, " * 100_000
GZIP = {"Content-Encoding": "gzip"}
RELATED = {"Content-Type": "multipart/related; boundary=B"}
MULTIPART = (
    b'--B\r\nContent-Type: application/json\r\n\r\n{"name": "a"}\r\n'
    b"--B\r\nContent-Type: audio/wav\r\n\r\n" + DATA + b"\r\n--B--\r\n"
)


@pytest.fixture
def uploads(server: BucketServer, bucket: storage.Bucket) -> str:
    return f"{server.url}/upload/storage/v1/b/{bucket.name}/o"


@pytest.mark.parametrize(
    ("way", "body", "headers"), [("media&name=a", DATA, {}), ("multipart", MULTIPART, RELATED)]
)
def test_an_upload_is_stored_unpacked(
    uploads: str, bucket: storage.Bucket, way: str, body: bytes, headers: dict[str, str]
) -> None:
    url = f"{uploads}?uploadType={way}"
    answer = httpx.post(url, content=gzip.compress(body), headers=headers | GZIP)
    assert (answer.status_code, answer.json()["size"]) == (200, str(len(DATA)))
    assert "contentEncoding" not in answer.json()
    assert bucket.blob("a").download_as_bytes() == DATA


def test_the_chunks_of_an_upload_are_stored_unpacked(uploads: str, bucket: storage.Bucket) -> None:
    begun = httpx.post(
        f"{uploads}?uploadType=resumable", content=gzip.compress(b'{"name": "a"}'), headers=GZIP
    )
    session, half = begun.headers["location"], len(DATA) // 2
    for start, chunk in ((0, DATA[:half]), (half, DATA[half:])):
        span = {"Content-Range": f"bytes {start}-{start + len(chunk) - 1}/{len(DATA)}"}
        answer = httpx.put(session, content=gzip.compress(chunk), headers=GZIP | span)
    assert answer.status_code == 200
    assert bucket.blob("a").download_as_bytes() == DATA


def test_metadata_may_be_packed_too(server: BucketServer, bucket: storage.Bucket) -> None:
    write(bucket, "a")
    url = f"{server.url}/storage/v1/b/{bucket.name}/o/a"
    body = gzip.compress(json.dumps({"metadata": {"language": "de"}}).encode())
    assert httpx.patch(url, content=body, headers=GZIP).status_code == 200
    assert bucket.get_blob("a").metadata == {"language": "de"}


@pytest.mark.parametrize(
    "body",
    [DATA[:1000], gzip.compress(DATA)[:-9], gzip.compress(DATA)[5:]],
    ids=["plain", "cut", "headless"],
)
def test_damaged_gzip_is_refused(uploads: str, bucket: storage.Bucket, body: bytes) -> None:
    answer = httpx.post(f"{uploads}?uploadType=media&name=a", content=body, headers=GZIP)
    assert answer.status_code == 400
    assert "not valid gzip" in answer.json()["error"]["message"]
    assert not bucket.blob("a").exists()


def test_in_the_xml_api_the_header_describes_the_object(
    server: BucketServer, bucket: storage.Bucket
) -> None:
    packed = gzip.compress(DATA)
    httpx.put(f"{server.url}/{bucket.name}/a", content=packed, headers=GZIP).raise_for_status()
    blob = bucket.get_blob("a")
    assert (blob.content_encoding, blob.size) == ("gzip", len(packed))
