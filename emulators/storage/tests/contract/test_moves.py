"""Moving an object renames it at once, with the preconditions of both names."""

import uuid

import httpx
import pytest
from google.api_core.exceptions import NotFound, PreconditionFailed
from google.cloud import storage

from emulators.storage.tests.contract.uploading import write
from emulators.storage.tests.server import BucketServer


def test_a_moved_object_keeps_content_and_attributes(bucket: storage.Bucket) -> None:
    blob = bucket.blob("a b/ü.wav")
    blob.metadata = {"language": "de"}
    blob.upload_from_string(b"data", content_type="audio/wav")
    moved = bucket.move_blob(blob, "c/d.wav")
    assert [found.name for found in bucket.list_blobs()] == ["c/d.wav"]
    assert moved.generation > blob.generation and moved.metageneration == 1
    found = bucket.get_blob("c/d.wav")
    assert (found.metadata, found.content_type) == ({"language": "de"}, "audio/wav")
    assert found.md5_hash == blob.md5_hash and found.download_as_bytes() == b"data"


def test_a_move_replaces_what_has_the_name(bucket: storage.Bucket) -> None:
    bucket.move_blob(write(bucket, "a", b"new"), write(bucket, "b", b"old").name)
    assert [blob.download_as_bytes() for blob in bucket.list_blobs()] == [b"new"]


@pytest.mark.parametrize(
    "conditions",
    [
        {"if_generation_match": 0},
        {"if_metageneration_match": 7},
        {"if_source_generation_match": 1},
        {"if_source_metageneration_match": 7},
    ],
)
def test_a_condition_that_is_not_true_leaves_both(
    bucket: storage.Bucket, conditions: dict[str, int]
) -> None:
    source, target = write(bucket, "a", b"a"), write(bucket, "b", b"b")
    with pytest.raises(PreconditionFailed):
        bucket.move_blob(source, "b", **conditions)
    found = {blob.name: blob.generation for blob in bucket.list_blobs()}
    assert found == {"a": source.generation, "b": target.generation}


def test_conditions_that_are_true_let_it_move(bucket: storage.Bucket) -> None:
    source, target = write(bucket, "a", b"a"), write(bucket, "b", b"b")
    bucket.move_blob(
        source,
        "b",
        if_generation_match=target.generation,
        if_source_generation_match=source.generation,
    )
    assert bucket.blob("b").download_as_bytes() == b"a"


def test_a_missing_object_cannot_be_moved(client: storage.Client, bucket: storage.Bucket) -> None:
    with pytest.raises(NotFound):
        bucket.move_blob(bucket.blob("missing"), "b")
    no_bucket = client.bucket("no-such-bucket")
    with pytest.raises(NotFound):
        no_bucket.move_blob(no_bucket.blob("a"), "b")


def test_an_object_is_not_moved_onto_itself(server: BucketServer, bucket: storage.Bucket) -> None:
    write(bucket, "a")
    answer = httpx.post(f"{server.url}/storage/v1/b/{bucket.name}/o/a/moveTo/o/a")
    assert (answer.status_code, answer.json()["error"]["errors"][0]["reason"]) == (400, "invalid")
    assert bucket.blob("a").download_as_bytes() == b"x"


def test_the_old_name_stays_as_a_version(client: storage.Client) -> None:
    bucket = client.bucket(f"versions-{uuid.uuid4().hex}")
    bucket.versioning_enabled = True
    client.create_bucket(bucket)
    generation = write(bucket, "a", b"data").generation
    bucket.move_blob(bucket.blob("a"), "b")
    assert [blob.name for blob in bucket.list_blobs()] == ["b"]
    assert bucket.blob("a", generation=generation).download_as_bytes() == b"data"
