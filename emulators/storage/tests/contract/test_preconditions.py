"""Every kind of request enforces its preconditions, also under concurrency."""

import io
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import product

import pytest
from google.api_core.exceptions import NotFound, NotModified, PreconditionFailed
from google.cloud import storage

from emulators.storage.tests.contract.uploading import UPLOADS, write
from emulators.storage.tests.server import BucketServer

SAME, OTHER = "same", "other"
CONDITIONS = {
    "if_generation_match": PreconditionFailed,
    "if_metageneration_match": PreconditionFailed,
    "if_generation_not_match": NotModified,
    "if_metageneration_not_match": NotModified,
}
REQUESTS = {
    "multipart upload": lambda blob, **condition: blob.upload_from_string(b"new", **condition),
    "resumable upload": lambda blob, **condition: blob.upload_from_file(
        io.BytesIO(b"new"), **condition
    ),
    "get": lambda blob, **condition: blob.reload(**condition),
    "download": lambda blob, **condition: blob.download_as_bytes(**condition),
    "patch": lambda blob, **condition: blob.patch(**condition),
    "update": lambda blob, **condition: blob.update(**condition),
    "delete": lambda blob, **condition: blob.delete(**condition),
    "copy": lambda blob, **condition: blob.bucket.copy_blob(
        other(blob), blob.bucket, blob.name, **condition
    ),
    "copy source": lambda blob, **condition: blob.bucket.copy_blob(
        blob, blob.bucket, "to", **source(condition)
    ),
    "rewrite": lambda blob, **condition: blob.rewrite(other(blob), **condition),
    "rewrite source": lambda blob, **condition: blob.bucket.blob("to").rewrite(
        blob, **source(condition)
    ),
    "compose": lambda blob, **condition: blob.compose([other(blob)], **condition),
}


def other(blob: storage.Blob) -> storage.Blob:
    return write(blob.bucket, "other")


def source(condition: dict[str, int]) -> dict[str, int]:
    return {key.replace("if_", "if_source_"): value for key, value in condition.items()}


def has_option(request_name: str, condition: str) -> bool:
    """Returns True if the client has such an option."""
    return request_name != "compose" or "not_match" not in condition


@pytest.mark.parametrize(
    ("request_name", "condition"),
    [pair for pair in product(REQUESTS, CONDITIONS) if has_option(*pair)],
    ids=str,
)
@pytest.mark.parametrize("given", [SAME, OTHER])
def test_preconditions_hold_everywhere(
    bucket: storage.Bucket, condition: str, request_name: str, given: str
) -> None:
    blob = write(bucket, "a", b"old")
    value = blob.metageneration if "metageneration" in condition else blob.generation
    request = partial(
        REQUESTS[request_name], bucket.blob("a"), **{condition: value + (given == OTHER)}
    )
    if (given == SAME) == ("not_match" not in condition):
        request()
        return
    with pytest.raises(CONDITIONS[condition]):
        request()
    found = bucket.get_blob("a")
    assert (found.generation, found.metageneration) == (blob.generation, 1)
    assert bucket.get_blob("to") is None


@pytest.mark.parametrize(
    "request_name", ["multipart upload", "resumable upload", "copy", "rewrite", "compose"]
)
def test_generation_zero_means_there_is_none(bucket: storage.Bucket, request_name: str) -> None:
    REQUESTS[request_name](bucket.blob("a"), if_generation_match=0)
    with pytest.raises(PreconditionFailed):
        REQUESTS[request_name](bucket.blob("a"), if_generation_match=0)


def test_a_compose_source_may_be_pinned(bucket: storage.Bucket) -> None:
    sources = [write(bucket, "a"), write(bucket, "b")]
    generations = [blob.generation for blob in sources]
    with pytest.raises(PreconditionFailed):
        bucket.blob("c").compose(sources, if_source_generation_match=[generations[0], 1])
    bucket.blob("c").compose(sources, if_source_generation_match=generations)


@pytest.mark.parametrize("way", UPLOADS)
def test_of_many_writers_exactly_one_creates(
    server: BucketServer, bucket: storage.Bucket, way: str
) -> None:
    def create(number: int) -> bool:
        with server.client() as client:
            try:
                UPLOADS[way](
                    client.bucket(bucket.name).blob("race"),
                    str(number).encode(),
                    if_generation_match=0,
                )
            except PreconditionFailed:
                return False
            return True

    with ThreadPoolExecutor(8) as threads:
        winners = [number for number, won in enumerate(threads.map(create, range(8))) if won]
    assert [str(number).encode() for number in winners] == [bucket.blob("race").download_as_bytes()]


def test_concurrent_counting_loses_nothing(server: BucketServer, bucket: storage.Bucket) -> None:
    write(bucket, "counter", b"0")

    def count(_: int) -> None:
        with server.client() as client:
            for _ in range(200):
                blob = client.bucket(bucket.name).get_blob("counter")
                try:
                    value = int(blob.download_as_bytes()) + 1
                    blob.upload_from_string(str(value), if_generation_match=blob.generation)
                    return
                except (PreconditionFailed, NotFound):
                    continue
            raise AssertionError("never won")

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(count, range(16)))
    assert bucket.blob("counter").download_as_bytes() == b"16"
