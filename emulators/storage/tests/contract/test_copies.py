"""Copy, rewrite, compose and batch requests behave as in Cloud Storage."""

import base64
import uuid

import google_crc32c
import httpx
import pytest
from google.api_core.exceptions import BadRequest, NotFound, PreconditionFailed
from google.cloud import storage

from emulators.storage.tests.contract.uploading import write
from emulators.storage.tests.server import BucketServer


def described(bucket: storage.Bucket) -> storage.Blob:
    blob = bucket.blob("a")
    blob.metadata, blob.content_language = {"language": "de"}, "de"
    blob.upload_from_string(b"x", content_type="audio/wav")
    return blob


def test_a_copy_keeps_content_and_attributes(
    client: storage.Client, bucket: storage.Bucket
) -> None:
    target = client.create_bucket(f"target-{uuid.uuid4().hex}")
    blob = described(bucket)
    bucket.copy_blob(blob, target, "deep/copy")
    blob.delete()
    found = target.get_blob("deep/copy")
    assert (found.metadata, found.content_language, found.content_type) == (
        {"language": "de"},
        "de",
        "audio/wav",
    )
    assert found.md5_hash == blob.md5_hash and found.download_as_bytes() == b"x"


def test_a_rewrite_is_done_at_once(bucket: storage.Bucket) -> None:
    token, written, total = bucket.blob("b").rewrite(described(bucket))
    assert (token, written, total) == (None, 1, 1)
    assert bucket.get_blob("b").metadata == {"language": "de"}


def test_an_object_is_rewritten_onto_itself(bucket: storage.Bucket) -> None:
    blob = described(bucket)
    blob.update_storage_class("NEARLINE")
    found = bucket.get_blob("a")
    assert (found.storage_class, found.download_as_bytes()) == ("NEARLINE", b"x")


def test_an_old_generation_may_be_the_source(bucket: storage.Bucket) -> None:
    bucket.versioning_enabled = True
    bucket.patch()
    old = write(bucket, "a", b"old").generation
    write(bucket, "a", b"new")
    assert (
        bucket.copy_blob(bucket.blob("a"), bucket, "b", source_generation=old).download_as_bytes()
        == b"old"
    )


def test_compose_joins_in_order(bucket: storage.Bucket) -> None:
    parts = [write(bucket, name, name.encode()) for name in ("x", "y", "z")]
    target = bucket.blob("joined")
    target.content_type = "audio/wav"
    target.compose(parts)
    found = bucket.get_blob("joined")
    assert (found.download_as_bytes(), found.component_count, found.content_type) == (
        b"xyz",
        3,
        "audio/wav",
    )
    digest = google_crc32c.value(b"xyz").to_bytes(4, "big")
    assert (found.md5_hash, base64.b64decode(found.crc32c)) == (None, digest)
    found.compose([found, parts[0]])
    assert (found.download_as_bytes(), found.component_count) == (b"xyzx", 4)


def test_compose_takes_no_more_than_32(bucket: storage.Bucket) -> None:
    blob = write(bucket, "a")
    bucket.blob("b").compose([blob] * 32)
    for sources in ([], [blob] * 33):
        with pytest.raises(BadRequest):
            bucket.blob("b").compose(sources)
    with pytest.raises(NotFound):
        bucket.blob("b").compose([blob, bucket.blob("missing")])


def test_compose_may_delete_its_sources(bucket: storage.Bucket) -> None:
    first, second = write(bucket, "a", b"1"), write(bucket, "b", b"2")
    first.compose([first, second], delete_source_objects=True)
    assert [blob.name for blob in bucket.list_blobs()] == ["a"]
    assert first.download_as_bytes() == b"12"


@pytest.mark.parametrize(
    "body",
    [
        {"sourceObjects": ["a"]},
        {"sourceObjects": [{"name": "a"}], "destination": ["b"]},
        {"sourceObjects": [{"name": "a", "objectPreconditions": 1}]},
        {"sourceObjects": {"name": "a"}},
    ],
)
def test_a_compose_that_is_none_is_refused(
    server: BucketServer, bucket: storage.Bucket, body: dict[str, object]
) -> None:
    write(bucket, "a")
    url = f"{server.url}/storage/v1/b/{bucket.name}/o/b/compose"
    assert httpx.post(url, json=body).status_code == 400


def test_a_batch_takes_utf_8(server: BucketServer, bucket: storage.Bucket) -> None:
    write(bucket, "a")
    head = f"PATCH /storage/v1/b/{bucket.name}/o/a HTTP/1.1\r\nContent-Type: application/json"
    part = f'Content-Type: application/http\r\n\r\n{head}\r\n\r\n{{"metadata": {{"a": "ü会"}}}}'
    url, headers = f"{server.url}/batch/storage/v1", {"Content-Type": "multipart/mixed; boundary=X"}
    httpx.post(url, content=f"--X\r\n{part}\r\n--X--\r\n".encode(), headers=headers)
    assert bucket.get_blob("a").metadata == {"a": "ü会"}


def test_a_batch_does_many_things(client: storage.Client, bucket: storage.Bucket) -> None:
    blobs = [write(bucket, name) for name in ("a", "b/c", "ü%2F", "kept")]
    blobs[3].metadata = {"k": "v"}
    with client.batch():
        for blob in blobs[:3]:
            blob.delete(if_generation_match=blob.generation)
        blobs[3].patch()
    assert [(blob.name, blob.metadata) for blob in bucket.list_blobs()] == [("kept", {"k": "v"})]


def test_one_refusal_in_a_batch_stops_no_other(
    client: storage.Client, bucket: storage.Bucket
) -> None:
    first, second = write(bucket, "first"), write(bucket, "second")
    with pytest.raises(PreconditionFailed), client.batch():
        first.delete(if_generation_match=1)
        second.delete()
    assert [blob.name for blob in bucket.list_blobs()] == ["first"]
