"""Runs the storage emulator as a process, on a free port, for Google's own client."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

READY_WITHIN = 20.0  # seconds
STOPPED_WITHIN = 20.0
WATCHED = "watched"
"""The bucket whose new objects are notified, if there is a receiver."""


@dataclass
class BucketServer:
    """A data folder and the process that serves it.

    The process may be killed and started again on the same port.
    """

    folder: Path
    notify: str | None = None
    port: int = field(default_factory=lambda: free_port())
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def start(self) -> None:
        command = [
            sys.executable,
            "-m",
            "emulators.storage",
            "--port",
            str(self.port),
            "--data",
            str(self.folder),
        ]
        self.process = subprocess.Popen(
            command + (["--notify", self.notify, "--watch", WATCHED] if self.notify else [])
        )
        deadline = time.monotonic() + READY_WITHIN
        while not self.healthy():
            if self.process.poll() is not None:
                raise RuntimeError(f"the bucket server ended with {self.process.returncode}")
            if time.monotonic() > deadline:
                raise TimeoutError("the bucket server did not become ready")
            time.sleep(0.02)

    def healthy(self) -> bool:
        try:
            return httpx.get(f"{self.url}/health", timeout=1, trust_env=False).status_code == 200
        except httpx.TransportError:
            return False

    def stop(self) -> int:
        """Stops the process with SIGTERM. Returns its exit code."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(STOPPED_WITHIN)

    def crash(self) -> None:
        """Kills the process with SIGKILL."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(STOPPED_WITHIN)

    @contextmanager
    def client(self) -> Iterator[storage.Client]:
        anonymous = AnonymousCredentials()
        options = {"api_endpoint": self.url}
        client = storage.Client(
            project="test-project", credentials=anonymous, client_options=options
        )
        try:
            yield client
        finally:
            client.close()


@contextmanager
def bucket_server(folder: Path, notify: str | None = None) -> Iterator[BucketServer]:
    server = BucketServer(folder, notify)
    try:
        server.start()
        yield server
    finally:
        if server.process is not None and server.process.poll() is None:
            server.crash()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
