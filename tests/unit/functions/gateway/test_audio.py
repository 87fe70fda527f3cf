"""A recording is served whole and in ranges, and only the generation of the job."""

import io
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO, cast

import httpx
import pytest

import functions.gateway.downloads as downloads
from functions.gateway.app import create_app
from functions.gateway.byte_ranges import ByteRange
from functions.gateway.deployment import Deployment, deployment
from functions.gateway.downloads import PIECE_BYTES, StreamBroken, pieces
from shared.adapters.memory import MemoryBlobs
from shared.model.contracts import Source
from shared.model.errors import StorageUnavailable
from shared.ports.blobs import Blob
from tests.support.api_server import serve
from tests.support.gateway import gateway_client, key_headers, memory_deployment
from tests.support.gateway_jobs import begin, done_job, finish, upload

SOUND = bytes(range(256))


@pytest.fixture
def stores() -> Deployment:
    return memory_deployment()


@pytest.fixture
def client(stores: Deployment) -> Iterator[httpx.Client]:
    with gateway_client(stores) as client:
        client.headers.update(key_headers(stores))
        yield client


def address(source: Source) -> str:
    return f"/api/v1/jobs/{source.job_id}/audio"


def test_a_whole_recording(client: httpx.Client, stores: Deployment) -> None:
    source = done_job(stores, "team-a/two voices.mp3", SOUND)
    answer = client.get(address(source))
    assert (answer.status_code, answer.content) == (200, SOUND)
    expected = {
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",
        "Content-Disposition": 'inline; filename="two voices.mp3"',
        "Content-Length": "256",
        "Content-Type": "audio/mpeg",
        "ETag": f'"{source.generation}"',
        "X-Content-Type-Options": "nosniff",
    }
    assert {name: answer.headers.get(name) for name in expected} == expected


def test_a_recording_can_be_heard_before_its_job_has_ended(
    client: httpx.Client, stores: Deployment
) -> None:
    source = upload(stores, content=SOUND)
    begin(stores, source)
    assert client.get(address(source)).content == SOUND


@pytest.mark.parametrize(
    ("header", "first", "end"),
    [("bytes=0-1", 0, 2), ("bytes=100-", 100, 256), ("bytes=-6", 250, 256)],
)
def test_a_range(
    client: httpx.Client, stores: Deployment, header: str, first: int, end: int
) -> None:
    source = done_job(stores, content=SOUND)
    answer = client.get(address(source), headers={"Range": header})
    assert (answer.status_code, answer.content) == (206, SOUND[first:end])
    assert answer.headers["Content-Range"] == f"bytes {first}-{end - 1}/256"
    assert answer.headers["Content-Length"] == str(end - first)


def test_a_range_without_an_end_is_all_from_there_on(
    client: httpx.Client, stores: Deployment
) -> None:
    size = (5 << 20) + 7
    source = done_job(stores, content=bytes(size))
    answer = client.get(address(source), headers={"Range": "bytes=3-"})
    assert (answer.status_code, len(answer.content)) == (206, size - 3)
    assert answer.headers["Content-Range"] == f"bytes 3-{size - 1}/{size}"


def test_a_range_outside_is_answered_with_the_size(
    client: httpx.Client, stores: Deployment
) -> None:
    source = done_job(stores, content=SOUND)
    answer = client.get(address(source), headers={"Range": "bytes=256-"})
    assert (answer.status_code, answer.headers["Content-Range"]) == (416, "bytes */256")
    assert answer.json()["type"] == "urn:dropscribe:problem:range-outside"


def test_several_ranges_are_answered_with_the_whole(
    client: httpx.Client, stores: Deployment
) -> None:
    source = done_job(stores, content=SOUND)
    answer = client.get(address(source), headers={"Range": "bytes=0-1,5-9"})
    assert (answer.status_code, answer.content) == (200, SOUND)


def test_a_range_of_another_recording_is_answered_with_the_whole(
    client: httpx.Client, stores: Deployment
) -> None:
    source = done_job(stores, content=SOUND)
    tag = f'"{source.generation}"'
    for sent, status in ((tag, 206), (f"W/{tag}", 200), ('"0"', 200)):
        answer = client.get(address(source), headers={"Range": "bytes=0-1", "If-Range": sent})
        assert answer.status_code == status, sent


def test_the_headers_alone_can_be_asked_for(client: httpx.Client, stores: Deployment) -> None:
    source = done_job(stores, content=SOUND)
    answer = client.head(address(source), headers={"Range": "bytes=0-1"})
    assert (answer.status_code, answer.content) == (200, b""), "Range is only for GET"
    assert answer.headers["Content-Length"] == "256"
    assert answer.headers["Accept-Ranges"] == "bytes"


def test_a_client_that_has_the_recording_gets_it_no_second_time(
    client: httpx.Client, stores: Deployment
) -> None:
    source = done_job(stores)
    answer = client.get(address(source), headers={"If-None-Match": f'"{source.generation}"'})
    assert (answer.status_code, answer.content) == (304, b"")


def test_a_replaced_recording_is_gone(client: httpx.Client, stores: Deployment) -> None:
    older = done_job(stores)
    newer = done_job(stores, content=SOUND)
    answer = client.get(address(older))
    assert answer.status_code == 410
    assert answer.json()["type"] == "urn:dropscribe:problem:recording-gone"
    assert client.get(address(newer)).content == SOUND


def test_a_recording_that_was_not_to_be_kept_is_gone(
    client: httpx.Client, stores: Deployment
) -> None:
    source = upload(stores)
    begin(stores, source)
    finish(stores, source, deletes_audio=True)
    answer = client.get(address(source))
    assert answer.status_code == 410
    assert answer.json()["type"] == "urn:dropscribe:problem:audio-deleted"


def test_an_empty_recording(client: httpx.Client, stores: Deployment) -> None:
    source = done_job(stores, content=b"")
    answer = client.get(address(source))
    assert (answer.status_code, answer.content) == (200, b"")


def test_a_long_response_is_chunked(
    client: httpx.Client, stores: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cloud Run refuses long responses that declare their length."""
    monkeypatch.setattr(downloads, "MAX_DECLARED", 100)
    source = done_job(stores, content=SOUND)
    answer = client.get(address(source))
    assert answer.content == SOUND
    assert "Content-Length" not in answer.headers


# In pieces


class Reads(io.BytesIO):
    """A file of zeros that remembers the lengths of its reads, of which a few succeed."""

    def __init__(self, size: int, successes: int = 100) -> None:
        super().__init__(bytes(size))
        self.lengths: list[int] = []
        self.successes = successes

    def read(self, length: int | None = -1) -> bytes:
        if len(self.lengths) >= self.successes:
            raise StorageUnavailable("gs://dropscribe-inbox/secret name.wav")
        self.lengths.append(length or 0)
        return super().read(length)


def test_a_recording_is_read_in_small_pieces() -> None:
    file = Reads(3 * PIECE_BYTES)
    sent = sum(len(piece) for piece in pieces(file, ByteRange(5, 2 * PIECE_BYTES + 9)))
    assert sent == 2 * PIECE_BYTES + 5
    assert max(file.lengths) == PIECE_BYTES


@pytest.mark.parametrize("file", [Reads(PIECE_BYTES), Reads(4 * PIECE_BYTES, successes=1)])
def test_a_recording_that_ends_early_breaks_the_connection(file: Reads) -> None:
    """An orderly end would look like the end of the recording."""
    sent = pieces(file, ByteRange(0, 3 * PIECE_BYTES))
    assert next(sent)
    with pytest.raises(StreamBroken) as broken:
        list(sent)
    assert "secret" not in str(broken.value)
    assert broken.value.__suppress_context__ or broken.value.__context__ is None


class LongRecording(io.RawIOBase):
    """Zeros without an end."""

    def __init__(self) -> None:
        self.sent = 0
        self.was_closed = threading.Event()

    def seek(self, position: int, whence: int = 0) -> int:
        return position

    def read(self, length: int = -1) -> bytes:
        self.sent += length
        return bytes(length)

    def close(self) -> None:
        self.was_closed.set()
        super().close()


class LongBlobs(MemoryBlobs):
    """Objects that are 10 GB long."""

    def __init__(self) -> None:
        super().__init__()
        self.recording = LongRecording()

    def find(self, uri: str) -> Blob | None:
        found = super().find(uri)
        return found and replace(found, size=10**10)

    def open(self, source: Source) -> BinaryIO:
        return cast(BinaryIO, self.recording)


def test_a_client_that_stops_reading_costs_no_memory() -> None:
    """What was read from storage and not sent would be in memory."""
    blobs = LongBlobs()
    stores = replace(memory_deployment(), blobs=blobs)
    source = done_job(stores)
    app = create_app()
    app.dependency_overrides[deployment] = lambda: stores
    headers = {**key_headers(stores), "Range": "bytes=0-"}
    with serve(app) as url, httpx.Client(base_url=url, headers=headers, trust_env=False) as client:
        with client.stream("GET", address(source)) as answer:
            assert answer.status_code == 206
            assert "Content-Length" not in answer.headers
            assert next(answer.iter_raw())
        assert blobs.recording.was_closed.wait(30)
    assert blobs.recording.sent < 64 << 20
