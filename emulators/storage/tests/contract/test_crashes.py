"""After kill -9 every acknowledged request is kept and nothing else is visible."""

import io
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from google.cloud import storage
from google.cloud.storage.retry import DEFAULT_RETRY

from emulators.storage.tests.contract.uploading import write
from emulators.storage.tests.server import BucketServer, bucket_server

MiB = 1 << 20


@pytest.fixture
def server(tmp_path: Path) -> Iterator[BucketServer]:
    """Yields a server for one test, which kills it."""
    with bucket_server(tmp_path / "data") as server:
        yield server


@pytest.fixture
def client(server: BucketServer) -> Iterator[storage.Client]:
    with server.client() as client:
        yield client


def restart(server: BucketServer) -> None:
    server.crash()
    server.start()


def begin(
    server: BucketServer, bucket: storage.Bucket, total: int | None = None, **query: str
) -> str:
    """Starts a resumable upload of the object "a". Returns its URL."""
    headers = {} if total is None else {"X-Upload-Content-Length": str(total)}
    url = f"{server.url}/upload/storage/v1/b/{bucket.name}/o"
    answer = httpx.post(
        url, params={"uploadType": "resumable", "name": "a", **query}, headers=headers
    )
    return answer.raise_for_status().headers["Location"]


def send(url: str, data: bytes, start: int, total: int | str) -> httpx.Response:
    headers = {"Content-Range": f"bytes {start}-{start + len(data) - 1}/{total}"}
    return httpx.put(url, content=data, headers=headers)


def ask(url: str) -> httpx.Response:
    return httpx.put(url, headers={"Content-Range": "bytes */*"})


def test_everything_is_there_after_a_crash(server: BucketServer, bucket: storage.Bucket) -> None:
    bucket.notification("topic").create()
    blob = write(bucket, "a/ü", b"data", content_type="audio/wav")
    before = blob._properties
    restart(server)
    found = bucket.get_blob("a/ü")
    assert found._properties == before | {
        "selfLink": found.self_link,
        "mediaLink": found.media_link,
    }
    assert found.download_as_bytes() == b"data"
    assert len(list(bucket.list_notifications())) == 1


def test_generations_rise_across_restarts_and_deletions(
    server: BucketServer, bucket: storage.Bucket
) -> None:
    generations = []
    for _ in range(3):
        blob = write(bucket, "a")
        generations.append(blob.generation)
        blob.delete()
        restart(server)
    assert generations == sorted(set(generations))


def test_a_resumable_upload_goes_on_after_a_crash(
    server: BucketServer, bucket: storage.Bucket
) -> None:
    data = os.urandom(MiB)
    url = begin(server, bucket, len(data), ifGenerationMatch="0")
    assert send(url, data[:300_000], 0, len(data)).headers["Range"] == "bytes=0-299999"
    restart(server)
    status = ask(url)
    assert (status.status_code, status.headers["Range"]) == (308, "bytes=0-299999")
    assert send(url, data[200_000:600_000], 200_000, len(data)).headers["Range"] == "bytes=0-599999"
    restart(server)
    done = send(url, data[600_000:], 600_000, len(data))
    assert (done.status_code, done.json()["size"]) == (200, str(len(data)))
    assert bucket.blob("a").download_as_bytes(checksum="md5") == data
    restart(server)
    assert ask(url).json()["generation"] == done.json()["generation"]


def test_the_client_s_own_retry_carries_an_upload_over_a_crash(
    server: BucketServer, bucket: storage.Bucket
) -> None:
    class CrashingFile(io.BytesIO):
        """Kills the server while the client reads the second chunk. Restarts it a bit later."""

        def read(self, size: int | None = -1) -> bytes:
            if self.tell() == 256 * 1024:
                server.crash()
                threading.Timer(0.5, server.start).start()
            return super().read(size)

    data = os.urandom(MiB)
    blob = bucket.blob("a", chunk_size=256 * 1024)
    blob.upload_from_file(
        CrashingFile(data), size=len(data), retry=DEFAULT_RETRY, if_generation_match=0
    )
    assert blob.download_as_bytes() == data


def test_an_upload_of_unknown_size_ends_with_its_last_chunk(
    server: BucketServer, bucket: storage.Bucket
) -> None:
    url = begin(server, bucket)
    assert send(url, b"abc", 0, "*").status_code == 308
    restart(server)
    assert send(url, b"def", 3, 6).status_code == 200
    assert bucket.blob("a").download_as_bytes() == b"abcdef"


def test_an_upload_without_its_last_byte_is_no_object(
    server: BucketServer, bucket: storage.Bucket
) -> None:
    url = begin(server, bucket, 6)
    assert send(url, b"abc", 0, "*").status_code == 308
    assert bucket.get_blob("a") is None
    assert send(url, b"ef", 4, 6).status_code == 400
    assert send(url, b"defg", 3, 7).status_code == 400
    assert ask(url).status_code == 404


def test_a_cancelled_upload_is_gone(server: BucketServer, bucket: storage.Bucket) -> None:
    url = begin(server, bucket, 6)
    send(url, b"abc", 0, 6)
    assert httpx.delete(url).status_code == 499
    assert ask(url).status_code == 404
    assert list((server.folder / "content").iterdir()) == []


def test_the_condition_is_checked_when_the_upload_ends(
    server: BucketServer, bucket: storage.Bucket
) -> None:
    url = begin(server, bucket, 3, ifGenerationMatch="0")
    write(bucket, "a", b"first")
    assert send(url, b"abc", 0, 3).status_code == 412
    assert bucket.blob("a").download_as_bytes() == b"first"
    assert len(list((server.folder / "content").iterdir())) == 1


def test_a_broken_connection_leaves_nothing_behind(
    server: BucketServer, bucket: storage.Bucket
) -> None:
    def half() -> Iterator[bytes]:
        yield b"x" * MiB
        raise ConnectionError("the client has gone")

    url = f"{server.url}/upload/storage/v1/b/{bucket.name}/o?uploadType=media&name=a"
    with pytest.raises(ConnectionError):
        httpx.post(url, content=half(), headers={"Content-Length": str(2 * MiB)})
    server.stop()  # waits for open requests
    assert list((server.folder / "content").iterdir()) == []


def test_files_without_a_row_are_swept_away(server: BucketServer, bucket: storage.Bucket) -> None:
    write(bucket, "a", b"kept")
    url = begin(server, bucket, 6)
    send(url, b"abc", 0, 6)
    content = server.folder / "content"
    kept = set(content.iterdir())
    server.crash()
    (content / "0123456789abcdef").write_bytes(b"orphan")
    server.start()
    assert set(content.iterdir()) == kept
    assert len(kept) == 2


def test_a_second_server_is_kept_out_of_the_folder(server: BucketServer) -> None:
    command = [
        sys.executable,
        "-m",
        "emulators.storage",
        "--port",
        "1",
        "--data",
        str(server.folder),
    ]
    second = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert (second.returncode, second.stderr) == (1, f"another server uses {server.folder}\n")
    assert server.healthy()


def test_sigterm_ends_it_in_good_order(server: BucketServer, bucket: storage.Bucket) -> None:
    write(bucket, "a")
    assert server.stop() == 0
    assert {path.name for path in server.folder.iterdir()} == {"content", "index.sqlite"}
