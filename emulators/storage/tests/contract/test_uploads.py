"""Uploads return correct metadata, and damaged or oversized ones are refused."""

import os

import httpx
import pytest
from google.api_core.exceptions import BadRequest, NotFound
from google.cloud import storage

from emulators.storage.tests.contract.uploading import UPLOADS, write
from emulators.storage.tests.server import BucketServer


@pytest.mark.parametrize("way", UPLOADS)
@pytest.mark.parametrize("size", [0, 1, 256 * 1024, 600_000])
def test_an_upload_is_described(bucket: storage.Bucket, way: str, size: int) -> None:
    data = os.urandom(size)
    blob = bucket.blob("a.wav", chunk_size=256 * 1024)
    blob.metadata, blob.cache_control = {"language": "de", "note": "ü"}, "no-store"
    UPLOADS[way](blob, data, content_type="audio/wav", checksum="md5")
    found = bucket.get_blob("a.wav")
    assert (found.size, found.content_type, found.cache_control) == (size, "audio/wav", "no-store")
    assert found.metadata == {"language": "de", "note": "ü"}
    assert found.metageneration == 1 and found.time_created.tzinfo is not None
    assert (
        found.download_as_bytes(checksum="md5")
        == found.download_as_bytes(checksum="crc32c")
        == data
    )


@pytest.mark.parametrize("header", ["crc32c=AAAAAA==", "md5=AAAAAAAAAAAAAAAAAAAAAA=="])
def test_a_wrong_digest_is_refused(
    bucket: storage.Bucket, server: BucketServer, header: str
) -> None:
    url = f"{server.url}/upload/storage/v1/b/{bucket.name}/o?uploadType=media&name=a"
    assert httpx.post(url, content=b"abc", headers={"X-Goog-Hash": header}).status_code == 400
    started = httpx.post(url.replace("media", "resumable"), json={})
    assert (
        httpx.put(
            started.headers["Location"], content=b"abc", headers={"X-Goog-Hash": header}
        ).status_code
        == 400
    )
    signed = httpx.put(
        f"{server.url}/{bucket.name}/a", content=b"abc", headers={"X-Goog-Hash": header}
    )
    assert signed.status_code == 400 and "<Code>BadDigest</Code>" in signed.text
    assert bucket.get_blob("a") is None


def test_a_torn_multipart_body_makes_no_object(
    bucket: storage.Bucket, server: BucketServer
) -> None:
    body = (
        b'--B\r\nContent-Type: application/json\r\n\r\n{"name": "a"}\r\n--B\r\n\r\nhalf of the da'
    )
    url = f"{server.url}/upload/storage/v1/b/{bucket.name}/o?uploadType=multipart"
    headers = {"Content-Type": "multipart/related; boundary=B"}
    assert httpx.post(url, content=body, headers=headers).status_code == 400
    assert bucket.get_blob("a") is None


def test_too_much_metadata_is_refused(bucket: storage.Bucket) -> None:
    blob = bucket.blob("a")
    blob.metadata = {"prompt": "x" * 8192}
    with pytest.raises(BadRequest):
        blob.upload_from_string(b"x")


def test_metadata_is_merged_by_patch_and_replaced_by_update(bucket: storage.Bucket) -> None:
    blob = bucket.blob("a")
    blob.metadata = {"a": "1", "b": "2"}
    blob.upload_from_string(b"x", content_type="audio/wav")
    blob.metadata = {"b": None, "c": "3"}
    blob.patch()
    assert (blob.metadata, blob.metageneration) == ({"a": "1", "c": "3"}, 2)
    blob.metadata = {"d": "4"}
    blob.update()
    found = bucket.get_blob("a")
    assert (found.metadata, found.metageneration, found.content_type) == (
        {"d": "4"},
        3,
        "audio/wav",
    )


def test_generations_rise(bucket: storage.Bucket) -> None:
    generations = [write(bucket, "a").generation for _ in range(5)]
    assert generations == sorted(set(generations))


def test_a_missing_object_is_not_found(bucket: storage.Bucket, client: storage.Client) -> None:
    blob = bucket.blob("missing")
    assert not blob.exists()
    for request in (blob.download_as_bytes, blob.reload, blob.patch, blob.delete):
        with pytest.raises(NotFound):
            request()
    with pytest.raises(NotFound):
        write(client.bucket("no-such-bucket"), "a")
    with pytest.raises(NotFound):
        list(client.bucket("no-such-bucket").list_blobs())


@pytest.mark.parametrize(
    ("query", "header"), [("&name=other", ""), ("", "Content-Transfer-Encoding: base64\r\n")]
)
def test_a_multipart_body_that_contradicts_is_refused(
    server: BucketServer, bucket: storage.Bucket, query: str, header: str
) -> None:
    url = f"{server.url}/upload/storage/v1/b/{bucket.name}/o?uploadType=multipart{query}"
    part = f"--B\r\nContent-Type: audio/wav\r\n{header}\r\naGVsbG8=\r\n--B--"
    body = f'--B\r\nContent-Type: application/json\r\n\r\n{{"name": "a"}}\r\n{part}'
    headers = {"Content-Type": "multipart/related; boundary=B"}
    assert httpx.post(url, content=body, headers=headers).status_code == 400
    assert list(bucket.list_blobs()) == []
