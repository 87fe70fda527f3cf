"""The server's memory stays bounded while large bodies are uploaded and downloaded."""

import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from google.cloud import storage

from emulators.storage.tests.server import BucketServer

MiB = 1 << 20
SIZE = 100 * MiB


def body() -> Iterator[bytes]:
    for number in range(SIZE // MiB):
        yield bytes([number]) * MiB


def resumable(server: BucketServer, bucket: storage.Bucket) -> str:
    url = f"{server.url}/upload/storage/v1/b/{bucket.name}/o?uploadType=resumable&name=big"
    return httpx.post(url).raise_for_status().headers["Location"]


def peak_memory(server: BucketServer) -> int:
    """Returns the peak resident memory of the process, in bytes."""
    status = Path(f"/proc/{server.pid}/status").read_text()
    (line,) = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024


@pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux reports the peak memory of another process"
)
def test_100_mb_pass_through_less_than_80(server: BucketServer, bucket: storage.Bucket) -> None:
    simple = f"{server.url}/upload/storage/v1/b/{bucket.name}/o?uploadType=media&name=big"
    for method, url in (
        ("POST", simple),
        ("PUT", resumable(server, bucket)),
        ("PUT", f"{server.url}/{bucket.name}/x"),
    ):
        headers = {"Content-Length": str(SIZE)}
        httpx.request(method, url, content=body(), headers=headers, timeout=120).raise_for_status()
    target = bucket.blob("joined")
    target.compose([bucket.blob("big"), bucket.blob("x")])
    with httpx.stream("GET", target.media_link, timeout=120) as answer:
        assert sum(map(len, answer.iter_bytes())) == 2 * SIZE
    assert peak_memory(server) < 80 * MiB
