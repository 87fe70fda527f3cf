"""How much memory the gateway takes while recordings are uploaded.

    python -m benchmarks.upload [--gigabytes 5] [--form-megabytes 500]

A one-machine cloud runs in a temporary folder, with engines that do nothing. A recording of zeros
goes to an address of the storage emulator, as all large ones do, and another one as a form. The
gateway's memory is read before, and every tenth of a second until both are stored.
"""

import argparse
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil

from benchmarks.machine import keep
from tests.support.cloud import Cloud
from tests.support.noop import ENVIRONMENT

BLOCK = bytes(8 * 2**20)
WATCH_SECONDS = 0.1
PATIENCE = 3600.0
"""Seconds that a request may take."""
MEBIBYTE = 2**20


class MemoryWatch:
    """The most memory of a process while it is watched, in bytes."""

    def __init__(self, process: psutil.Process) -> None:
        self._process = process
        self.before = process.memory_info().rss
        self.most = self.before
        self._is_over = threading.Event()

    @contextmanager
    def running(self) -> Iterator[None]:
        thread = threading.Thread(target=self._watch)
        thread.start()
        yield
        self._is_over.set()
        thread.join()

    def _watch(self) -> None:
        while not self._is_over.wait(WATCH_SECONDS):
            self.most = max(self.most, self._process.memory_info().rss)


def zeros(size: int) -> Iterator[bytes]:
    """Yields so many bytes."""
    while size > 0:
        block = BLOCK[:size]
        yield block
        size -= len(block)


def gateway_of(cloud: Cloud) -> psutil.Process:
    """Returns the process that listens on the gateway's port."""
    port = cloud.home.ports().ports["gateway"]
    for connection in psutil.net_connections("tcp"):
        is_listening = connection.status == psutil.CONN_LISTEN
        if is_listening and connection.laddr[1:] == (port,):
            return psutil.Process(connection.pid)
    raise LookupError("no process listens on the gateway's port")


def upload_in_parts(client: httpx.Client, size: int) -> None:
    asked = {"name": "parts.wav", "size": size}
    session = client.post("/api/v1/uploads", json=asked).raise_for_status().json()
    headers = {"Content-Length": str(size)}
    sent = httpx.put(session["upload_url"], content=zeros(size), headers=headers, timeout=PATIENCE)
    sent.raise_for_status()
    found = client.get(session["upload_status"])
    assert found.status_code == httpx.codes.SEE_OTHER, found.text


def upload_form(client: httpx.Client, folder: Path, size: int) -> None:
    path = folder / "form.wav"
    with path.open("wb") as file:
        file.truncate(size)
    with path.open("rb") as file:
        answer = client.post("/api/v1/jobs/upload", files={"file": ("form.wav", file)})
    answer.raise_for_status()
    path.unlink()


def measured(process: psutil.Process, size: int, act: Callable[[], None]) -> dict[str, float]:
    """Returns what an upload took."""
    watch = MemoryWatch(process)
    begun = time.perf_counter()
    with watch.running():
        act()
    seconds = time.perf_counter() - begun
    return {
        "bytes": size,
        "seconds": round(seconds, 1),
        "mebibytes_before": round(watch.before / MEBIBYTE),
        "mebibytes_at_most": round(watch.most / MEBIBYTE),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=5)
    parser.add_argument("--form-megabytes", type=float, default=500)
    arguments = parser.parse_args()
    large = int(arguments.gigabytes * 1e9)
    small = int(arguments.form_megabytes * 1e6)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        cloud = Cloud(folder / "cloud", ENVIRONMENT)
        cloud.up()
        try:
            figures = measure(cloud, folder, large, small)
        finally:
            cloud.down()
    keep("upload", figures)


def measure(cloud: Cloud, folder: Path, large: int, small: int) -> dict[str, dict[str, float]]:
    """Returns what each way of uploading took."""
    key = cloud.home.key.read_text().strip()
    url = cloud.home.ports().url("gateway")
    process = gateway_of(cloud)
    with httpx.Client(base_url=url, headers={"X-API-Key": key}, timeout=PATIENCE) as client:
        in_parts = measured(process, large, lambda: upload_in_parts(client, large))
        form = measured(process, small, lambda: upload_form(client, folder, small))
    return {"in parts": in_parts, "form": form}


if __name__ == "__main__":
    main()
