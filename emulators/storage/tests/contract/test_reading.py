"""Downloads work in ranges, of old generations, and while the object is deleted."""

import io
import os
import uuid
from pathlib import Path

import httpx
import pytest
from google.cloud import storage
from google.cloud.storage import transfer_manager

from emulators.storage.tests.contract.uploading import write
from emulators.storage.tests.server import BucketServer

MiB = 1 << 20
DATA = bytes(range(256))


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (0, 0, DATA[:1]),
        (10, 19, DATA[10:20]),
        (250, None, DATA[250:]),
        (200, 999, DATA[200:]),
        (-6, None, DATA[-6:]),
    ],
)
def test_a_range_is_read(
    bucket: storage.Bucket, start: int, end: int | None, expected: bytes
) -> None:
    assert write(bucket, "a", DATA).download_as_bytes(start=start, end=end) == expected


@pytest.mark.parametrize(
    ("header", "status", "content_range"),
    [
        ("bytes=0-9", 206, "bytes 0-9/256"),
        ("bytes=-999", 206, "bytes 0-255/256"),
        ("bytes=256-", 416, None),
        ("bytes=-0", 416, None),
        ("bytes=9-1", 200, None),
        ("bytes=0-1,4-5", 200, None),
        ("lines=1-2", 200, None),
    ],
)
def test_a_range_header_is_understood_or_ignored(
    bucket: storage.Bucket,
    server: BucketServer,
    header: str,
    status: int,
    content_range: str | None,
) -> None:
    write(bucket, "a", DATA)
    url = f"{server.url}/download/storage/v1/b/{bucket.name}/o/a?alt=media"
    for method in ("GET", "HEAD"):
        answer = httpx.request(method, url, headers={"Range": header})
        assert (answer.status_code, answer.headers.get("content-range")) == (status, content_range)


def test_a_file_is_sought_and_read_like_a_local_one(bucket: storage.Bucket) -> None:
    data = os.urandom(MiB)
    with bucket.blob("a").open("wb") as file:
        for start in range(0, MiB, 100_000):
            file.write(data[start : start + 100_000])
    with bucket.blob("a").open("rb", chunk_size=64 * 1024) as file:
        for offset in (0, 700_000, 5, MiB - 3, MiB):
            file.seek(offset)
            assert file.read(1000) == data[offset : offset + 1000]


def test_a_large_object_goes_in_and_out_in_parallel(bucket: storage.Bucket, tmp_path: Path) -> None:
    data = os.urandom(11 * MiB)
    there, back = tmp_path / "there", tmp_path / "back"
    there.write_bytes(data)
    blob = bucket.blob("big")
    blob.metadata = {"language": "de"}
    options = {"max_workers": 3, "worker_type": transfer_manager.THREAD}
    transfer_manager.upload_chunks_concurrently(str(there), blob, chunk_size=5 * MiB, **options)
    transfer_manager.download_chunks_concurrently(blob, str(back), chunk_size=2 * MiB, **options)
    assert back.read_bytes() == data
    assert bucket.get_blob("big").metadata == {"language": "de"}


@pytest.mark.parametrize("end", ["overwritten", "deleted"])
def test_a_reader_keeps_the_generation_it_began_with(
    bucket: storage.Bucket, server: BucketServer, end: str
) -> None:
    data = os.urandom(32 * MiB)  # more than the sockets can buffer
    blob = write(bucket, "a", data)
    with httpx.stream(
        "GET", f"{server.url}/download/storage/v1/b/{bucket.name}/o/a?alt=media"
    ) as answer:
        pieces = answer.iter_bytes()
        first = next(pieces)
        if end == "deleted":
            blob.delete()
        else:
            write(bucket, "a", b"new")
        assert first + b"".join(pieces) == data


def test_content_is_gone_from_disk_with_its_last_object(
    bucket: storage.Bucket, server: BucketServer
) -> None:
    content = server.folder / "content"
    before = set(content.iterdir())
    blob = write(bucket, "a", b"one")
    bucket.copy_blob(blob, bucket, "copy")
    assert len(set(content.iterdir()) - before) == 1
    write(bucket, "a", b"two")
    assert len(set(content.iterdir()) - before) == 2
    bucket.delete_blobs(list(bucket.list_blobs()))
    assert set(content.iterdir()) == before


def test_old_versions_stay_in_a_versioned_bucket(client: storage.Client) -> None:
    bucket = client.bucket(f"versions-{uuid.uuid4().hex}")
    bucket.versioning_enabled = True
    client.create_bucket(bucket)
    old, new = (write(bucket, "a", data).generation for data in (b"old", b"new"))
    bucket.blob("a").delete()
    assert list(bucket.list_blobs()) == []
    assert [blob.generation for blob in bucket.list_blobs(versions=True)] == [old, new]
    assert bucket.blob("a", generation=old).download_as_bytes() == b"old"
    bucket.delete_blob("a", generation=old)
    assert [blob.generation for blob in bucket.list_blobs(versions=True)] == [new]


def test_an_etag_saves_a_second_download(bucket: storage.Bucket) -> None:
    blob = write(bucket, "a")
    assert blob.download_as_bytes(if_etag_match=blob.etag) == b"x"
    with pytest.raises(Exception, match="304"):
        blob.download_as_bytes(if_etag_not_match=blob.etag)


def test_a_whole_file_is_checked_against_its_digest(bucket: storage.Bucket) -> None:
    data = os.urandom(3 * MiB)
    blob = write(bucket, "a", data)
    received = io.BytesIO()
    blob.download_to_file(received, checksum="md5")
    assert received.getvalue() == data
