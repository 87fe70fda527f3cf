"""A resumable upload takes every legal Content-Range, and refuses the others."""

import httpx
import pytest
from google.cloud import storage

from emulators.storage.tests.contract.uploading import write
from emulators.storage.tests.server import BucketServer

Chunk = tuple[str | None, bytes]


def start(server: BucketServer, bucket: storage.Bucket, prefix: str = "/upload/storage/v1") -> str:
    url = f"{server.url}{prefix}/b/{bucket.name}/o?uploadType=resumable&name=a"
    return str(httpx.post(url).raise_for_status().headers["Location"])


def send(location: str, chunk: Chunk) -> httpx.Response:
    content_range, data = chunk
    headers = {} if content_range is None else {"Content-Range": content_range}
    return httpx.put(location, content=data, headers=headers)


@pytest.mark.parametrize(
    "chunks",
    [
        [(None, b"abcdef")],
        [("bytes 0-5/6", b"abcdef")],
        [("bytes 0-*/*", b"abcdef")],
        [("bytes 0-*/6", b"abcdef")],
        [("Bytes 0-2/*", b"abc"), ("bytes 3-5/6", b"def")],
        [("bytes 0-2/6", b"abc"), ("bytes 3-*/*", b"def")],
        [("bytes 0-2/*", b"abc"), ("bytes */*", b""), ("bytes 3-*/6", b"def")],
        [("bytes 0-5/*", b"abcdef"), ("bytes */6", b"")],
        [("bytes 0-3/*", b"abcd"), ("bytes 2-5/6", b"cdef")],
    ],
)
def test_a_legal_range_is_understood(
    server: BucketServer, bucket: storage.Bucket, chunks: list[Chunk]
) -> None:
    location = start(server, bucket)
    statuses = [send(location, chunk).status_code for chunk in chunks]
    assert statuses == [308] * (len(chunks) - 1) + [200]
    assert bucket.blob("a").download_as_bytes() == b"abcdef"


def test_a_client_may_ask_for_another_status_than_308(
    server: BucketServer, bucket: storage.Bucket
) -> None:
    """Go's clients do, rclone among them."""
    location = start(server, bucket)
    headers = {"Content-Range": "bytes 0-2/6", "X-GUploader-No-308": "yes"}
    answer = httpx.put(location, content=b"abc", headers=headers)
    assert (answer.status_code, answer.headers["range"]) == (200, "bytes=0-2")
    assert answer.headers["x-http-status-code-override"] == "308"
    headers["Content-Range"] = "bytes 3-5/6"
    answer = httpx.put(location, content=b"def", headers=headers)
    assert answer.json()["size"] == "6"
    assert "x-http-status-code-override" not in answer.headers


@pytest.mark.parametrize("content_range", ["bytes */0", "bytes 0-*/*", None])
def test_an_upload_may_be_empty(
    server: BucketServer, bucket: storage.Bucket, content_range: str | None
) -> None:
    assert send(start(server, bucket), (content_range, b"")).status_code == 200
    assert bucket.get_blob("a").size == 0


@pytest.mark.parametrize(
    "content_range",
    [
        "",
        "0-5/6",
        "bytes 0-5",
        "bytes=0-5/6",
        "bytes 5-0/6",
        "bytes 0-5/5",
        "bytes 0-8/9",
        "items 0-5/6",
    ],
)
def test_any_other_range_is_refused(
    server: BucketServer, bucket: storage.Bucket, content_range: str
) -> None:
    location = start(server, bucket)
    answer = send(location, (content_range, b"abcdef"))
    assert (answer.status_code, answer.json()["error"]["errors"][0]["reason"]) == (400, "invalid")
    assert send(location, ("bytes 0-*/*", b"abcdef")).status_code == 200


@pytest.mark.parametrize("prefix", ["/upload", "/resumable/upload", "/resumable/upload/storage/v1"])
def test_an_upload_begins_at_each_address(
    server: BucketServer, bucket: storage.Bucket, prefix: str
) -> None:
    assert send(start(server, bucket, prefix), (None, b"abcdef")).status_code == 200
    short = httpx.get(f"{server.url}/b/{bucket.name}/o/a?fields=name,size")
    assert short.json() == {"name": "a", "size": "6"}
    assert httpx.get(f"{server.url}/b/{bucket.name}/o/b").json()["error"]["code"] == 404


def test_a_refusal_names_no_fields_but_the_error(
    server: BucketServer, bucket: storage.Bucket
) -> None:
    write(bucket, "a")
    answer = httpx.get(f"{server.url}/storage/v1/b/{bucket.name}/o/a?fields=name(")
    assert answer.status_code == 400
    assert answer.json()["error"]["message"] == "Invalid field selection name("
