"""gcloud's Firestore emulator as a process of its own, where its jar is installed."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from shared.process import die_with_parent

JAR = "platform/cloud-firestore-emulator/cloud-firestore-emulator.jar"
MAIN = "com.google.cloud.datastore.emulator.firestore.CloudFirestore"


def jar() -> Path | None:
    """The emulator's jar beside the gcloud command."""
    roots = [Path("/usr/lib/google-cloud-sdk")]
    if gcloud := shutil.which("gcloud"):
        roots.append(Path(gcloud).resolve().parents[1])
    return next((root / JAR for root in roots if (root / JAR).is_file()), None)


def missing() -> str | None:
    """Why the emulator cannot run here."""
    if jar() is None:
        return "gcloud's Firestore emulator is not installed (gcloud components install cloud-firestore-emulator)"
    return None if shutil.which("java") else "java, which the Firestore emulator needs, is not installed"


@dataclass
class Emulator:
    """It keeps everything in memory: whoever kills it has taken all documents away."""

    port: int
    process: subprocess.Popen[bytes] = field(init=False)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Return once it answers a call; the open port alone says nothing."""
        command = ["java", "-Xmx256m", "-cp", str(jar()), MAIN, "--host=127.0.0.1", f"--port={self.port}"]
        self.process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=die_with_parent
        )
        await_call(self.host)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def emulator() -> Iterator[str]:
    """Its host:port."""
    started = started_emulator()
    try:
        yield started.host
    finally:
        started.kill()


def started_emulator() -> Emulator:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        found = Emulator(free.getsockname()[1])
    found.start()
    return found


def await_call(host: str) -> None:
    from google.api_core.exceptions import GoogleAPICallError, RetryError
    from google.cloud import firestore

    os.environ["FIRESTORE_EMULATOR_HOST"] = host
    os.environ.setdefault("GOOGLE_CLOUD_PROJECT", "dropscribe-test")
    deadline = time.monotonic() + 60
    while True:
        try:
            firestore.Client().document("ready/ready").get(timeout=5)
            return
        except (GoogleAPICallError, RetryError):
            if time.monotonic() > deadline:
                raise
