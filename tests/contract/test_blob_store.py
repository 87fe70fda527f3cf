"""Every BlobStore keeps the port's promises, in memory and on the storage emulator."""

import gzip
import hashlib
import io
import json
import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest
import requests
from requests.exceptions import (
    ChunkedEncodingError,
)

from emulators.storage.tests.server import BucketServer, bucket_server
from shared.adapters.gcs import RANGE_BYTES, GcsBlobs, translate_errors
from shared.adapters.memory import MemoryBlobs
from shared.model.contracts import Source
from shared.model.errors import (
    ArtifactChanged,
    ArtifactMissing,
    ContentUnreadable,
    StorageUnavailable,
)
from shared.ports.blobs import BlobStore, PlannedUpload, delete_prefix

BUCKET = "blobs"
ENCODINGS = ["gzip", "GZIP", "gzip, gzip", "br", "deflate", "zstd", "identity", "aws-chunked"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BucketServer]:
    with bucket_server(tmp_path_factory.mktemp("blobs")) as server:
        httpx.post(f"{server.url}/storage/v1/b?project=p", json={"name": BUCKET}).raise_for_status()
        yield server


@pytest.fixture(params=["memory", "gcs"])
def blobs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> BlobStore:
    if request.param == "memory":
        return MemoryBlobs()
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", request.getfixturevalue("server").url)
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "p")
    return GcsBlobs()


@pytest.fixture
def uri() -> str:
    return f"gs://{BUCKET}/{uuid.uuid4().hex}/x.json"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def test_an_object_that_does_not_exist_is_not_found_not_deleted_and_not_read(
    blobs: BlobStore, uri: str
) -> None:
    assert blobs.find(uri) is None
    assert not blobs.delete(uri, 1)
    with pytest.raises(ArtifactMissing):
        blobs.read(uri)


def test_an_object_is_put_only_if_it_is_absent(blobs: BlobStore, uri: str) -> None:
    first = blobs.put_if_absent(uri, b"data", sha256(b"data"))
    assert blobs.put_if_absent(uri, b"data", sha256(b"data")) == first
    assert blobs.read(uri, first.generation) == b"data"


def test_a_file_is_put_and_fetched_like_bytes(blobs: BlobStore, uri: str, tmp_path: Path) -> None:
    path = tmp_path / "part.wav"
    path.write_bytes(b"RIFF")
    artifact = blobs.put_if_absent(uri, path, sha256(b"RIFF"))
    blobs.fetch(artifact, tmp_path / "back")
    assert (tmp_path / "back").read_bytes() == b"RIFF"


def test_an_artifact_with_another_digest_is_not_fetched(
    blobs: BlobStore, uri: str, tmp_path: Path
) -> None:
    artifact = blobs.put_if_absent(uri, b"data", sha256(b"other"))
    with pytest.raises(ArtifactChanged):
        blobs.fetch(artifact, tmp_path / "back")


def test_put_replaces_only_the_generation_that_it_names(blobs: BlobStore, uri: str) -> None:
    first = blobs.put(uri, b"1", if_generation_match=0)
    assert first is not None
    assert blobs.put(uri, b"2", if_generation_match=0) is None
    second = blobs.put(uri, b"2", if_generation_match=first, metadata={"run": "2"})
    assert second is not None and second > first
    assert blobs.put(uri, b"3", if_generation_match=first) is None
    found = blobs.find(uri)
    assert found is not None
    assert (found.uri, found.generation, found.size, found.metadata) == (
        uri,
        second,
        1,
        {"run": "2"},
    )


def test_metadata_has_the_checksum_of_the_content(blobs: BlobStore, uri: str) -> None:
    """RFC 3720 gives 0xE3069283 as the CRC32C of these nine digits."""
    assert blobs.put(uri, b"123456789", if_generation_match=0) is not None
    found = blobs.find(uri)
    assert found is not None and found.crc32c == "4waSgw=="
    (listed,) = blobs.list(uri)
    assert listed.crc32c == found.crc32c


def test_delete_deletes_only_the_generation_that_it_names(blobs: BlobStore, uri: str) -> None:
    first = blobs.put(uri, b"1", if_generation_match=0)
    assert first is not None
    assert not blobs.delete(uri, first + 1)
    assert blobs.delete(uri, first)
    assert blobs.find(uri) is None


def test_a_generation_that_was_replaced_cannot_be_read(blobs: BlobStore, uri: str) -> None:
    first = blobs.put(uri, b"1", if_generation_match=0)
    assert first is not None
    blobs.put(uri, b"2", if_generation_match=first)
    with pytest.raises(ArtifactMissing):
        blobs.read(uri, first)


def test_a_listing_is_in_the_order_of_names(blobs: BlobStore) -> None:
    folder = f"gs://{BUCKET}/{uuid.uuid4().hex}/"
    for name in ("b", "a/2", "a/1", "ä"):
        blobs.put(folder + name, b"x", if_generation_match=0)
    assert [blob.uri.removeprefix(folder) for blob in blobs.list(folder)] == [
        "a/1",
        "a/2",
        "b",
        "ä",
    ]
    assert [blob.uri.removeprefix(folder) for blob in blobs.list(folder + "a/")] == ["a/1", "a/2"]


def test_a_recording_is_read_in_ranges_from_any_position(blobs: BlobStore) -> None:
    data = bytes(range(256)) * (RANGE_BYTES // 256 * 2) + b"the end"
    name = f"{uuid.uuid4().hex}.wav"
    generation = blobs.put(f"gs://{BUCKET}/{name}", data, if_generation_match=0)
    assert generation is not None
    with blobs.open(Source(bucket=BUCKET, name=name, generation=generation)) as file:
        assert file.seek(0, io.SEEK_END) == len(data)
        assert file.read(10) == b""
        file.seek(-7, io.SEEK_END)
        assert file.read() == b"the end"
        file.seek(RANGE_BYTES - 3)
        assert file.read(6) == data[RANGE_BYTES - 3 : RANGE_BYTES + 3]
        assert file.tell() == RANGE_BYTES + 3


def test_a_recording_that_was_replaced_cannot_be_opened(blobs: BlobStore) -> None:
    name = f"{uuid.uuid4().hex}.wav"
    first = blobs.put(f"gs://{BUCKET}/{name}", b"1", if_generation_match=0)
    assert first is not None
    blobs.put(f"gs://{BUCKET}/{name}", b"2", if_generation_match=first)
    with pytest.raises(ArtifactMissing):
        blobs.open(Source(bucket=BUCKET, name=name, generation=first)).read()


def test_one_of_many_concurrent_writers_creates_the_object(blobs: BlobStore, uri: str) -> None:
    def create(number: int) -> bool:
        return blobs.put(uri, str(number).encode(), if_generation_match=0) is not None

    with ThreadPoolExecutor(8) as pool:
        created = list(pool.map(create, range(8)))
    assert created.count(True) == 1


def test_a_server_that_does_not_answer_raises_storage_unavailable(
    monkeypatch: pytest.MonkeyPatch, uri: str
) -> None:
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", "http://127.0.0.1:9")
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "p")
    monkeypatch.setattr("shared.adapters.gcs.RETRY", None)
    with pytest.raises(StorageUnavailable):
        GcsBlobs().find(uri)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(
    "content", [gzip.compress(b"RIFF" * 5000), b"RIFF" * 5000], ids=["gzip", "not gzip"]
)
def test_an_encoded_object_is_read_as_it_is_stored(
    server: BucketServer, monkeypatch: pytest.MonkeyPatch, encoding: str, content: bytes
) -> None:
    """Whether or not its content is what its Content-Encoding says."""
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", server.url)
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "p")
    name = uuid.uuid4().hex
    query = f"uploadType=media&name={name}&contentEncoding={encoding}"
    url = f"{server.url}/upload/storage/v1/b/{BUCKET}/o?{query}"
    uploaded = httpx.post(url, content=content).raise_for_status().json()
    blobs = GcsBlobs()
    found = blobs.find(f"gs://{BUCKET}/{name}")
    assert found is not None and found.content_encoding == encoding
    assert blobs.read(f"gs://{BUCKET}/{name}") == content
    source = Source(bucket=BUCKET, name=name, generation=int(uploaded["generation"]))
    with blobs.open(source) as file:
        file.seek(20)
        assert file.read() == content[20:]


class RefusingStorage(BaseHTTPRequestHandler):
    """Describes every object, and answers each request for content with status 400."""

    def do_GET(self) -> None:
        if "alt=media" in self.path:
            self.answer(400, {"error": {"code": 400, "message": "It is encrypted."}})
        else:
            self.answer(200, {"name": "a", "bucket": "b", "generation": "1", "size": "5"})

    def answer(self, status: int, body: dict[str, object]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Writes nothing."""


@pytest.fixture
def refusing_storage() -> Iterator[str]:
    """Yields the URL of the storage that refuses."""
    with ThreadingHTTPServer(("127.0.0.1", 0), RefusingStorage) as server:
        server.daemon_threads = True  # the client keeps its connection open
        server.block_on_close = False
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_content_that_storage_refuses_to_return_is_not_tried_again(
    refusing_storage: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Google answers so for an object that is encrypted with a key of the uploader's own."""
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", refusing_storage)
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "p")
    file = GcsBlobs().open(Source(bucket="b", name="a", generation=1))
    with pytest.raises(ContentUnreadable, match="HTTP status 400"):
        file.read()


@pytest.mark.parametrize(
    ("error", "becomes"),
    [
        (
            requests.exceptions.ContentDecodingError("gzip"),
            requests.exceptions.ContentDecodingError,
        ),
        (requests.exceptions.InvalidURL("no host"), requests.exceptions.InvalidURL),
        (requests.exceptions.TooManyRedirects("30"), requests.exceptions.TooManyRedirects),
        (requests.ConnectionError("reset"), StorageUnavailable),
        (requests.ReadTimeout("60 s"), StorageUnavailable),
        (ChunkedEncodingError("torn"), StorageUnavailable),
        (ConnectionResetError("reset"), StorageUnavailable),
    ],
)
def test_only_what_may_pass_is_an_outage(error: Exception, becomes: type[Exception]) -> None:
    with pytest.raises(becomes), translate_errors("gs://bucket/name"):
        raise error


def test_a_listing_keeps_to_its_bounds_and_its_pattern(blobs: BlobStore, uri: str) -> None:
    folder = uri.removesuffix("x.json")
    base = folder.removeprefix(f"gs://{BUCKET}/")
    for name in ("a/transcript.json", "a/transcript.srt", "b/problem.json", "c/transcript.json"):
        blobs.put(f"{folder}{name}", b"1", if_generation_match=0)

    def names(**bounds: str) -> list[str]:
        return [blob.uri.removeprefix(folder) for blob in blobs.list(folder, **bounds)]

    assert names(start=f"{base}b") == ["b/problem.json", "c/transcript.json"]
    assert names(end=f"{base}b") == ["a/transcript.json", "a/transcript.srt"]
    marks = "**/{transcript.json,problem.json}"
    assert names(glob=marks) == ["a/transcript.json", "b/problem.json", "c/transcript.json"]
    assert names(glob=marks, start=f"{base}a/z", end=f"{base}c") == ["b/problem.json"]


def test_a_prefix_is_deleted_with_all_its_objects_and_no_others(blobs: BlobStore, uri: str) -> None:
    folder = uri.removesuffix("x.json")
    for name in ("job/a", "job/deep/b", "job-2/c"):
        blobs.put(f"{folder}{name}", b"1", if_generation_match=0)
    delete_prefix(f"{folder}job/", blobs)
    delete_prefix(f"{folder}job/", blobs)
    assert [blob.uri.removeprefix(folder) for blob in blobs.list(folder)] == ["job-2/c"]


# Uploads by others


def complete(blobs: BlobStore, address: str, data: bytes) -> bool:
    """Sends all bytes of a resumable upload. Returns whether it succeeds."""
    if isinstance(blobs, MemoryBlobs):
        return blobs.receive_upload(address, data) is not None
    return httpx.put(address, content=data).is_success


def test_an_upload_becomes_an_object_once_it_has_all_its_bytes(blobs: BlobStore, uri: str) -> None:
    upload = PlannedUpload(5, 0, "audio/mp4", {"language": "de", "dropscribe-upload": "1"})
    address = blobs.open_upload(uri, upload)
    assert address.startswith(f"{blobs.upload_origin()}/")
    assert blobs.find(uri) is None
    assert complete(blobs, address, b"sound")
    found = blobs.find(uri)
    assert found is not None
    assert (found.size, dict(found.metadata)) == (5, upload.metadata)
    assert blobs.read(uri) == b"sound"


@pytest.mark.parametrize("data", [b"soun", b"sounds"])
def test_an_upload_of_another_size_leaves_nothing(blobs: BlobStore, uri: str, data: bytes) -> None:
    address = blobs.open_upload(uri, PlannedUpload(5, 0, "audio/mp4", {}))
    assert not complete(blobs, address, data)
    assert blobs.find(uri) is None


def test_an_upload_replaces_only_the_generation_that_it_names(blobs: BlobStore, uri: str) -> None:
    first = blobs.put(uri, b"first", if_generation_match=0)
    assert first is not None
    address = blobs.open_upload(uri, PlannedUpload(5, first, "audio/mp4", {}))
    blobs.put(uri, b"second", if_generation_match=first)
    assert not complete(blobs, address, b"third")
    assert blobs.read(uri) == b"second"


def test_a_file_is_put_from_its_begin(blobs: BlobStore, uri: str) -> None:
    file = io.BytesIO(b"sound")
    file.read(2)
    assert blobs.put(uri, file, if_generation_match=0) is not None
    assert blobs.put(uri, file, if_generation_match=0) is None
    assert blobs.read(uri) == b"sound"
