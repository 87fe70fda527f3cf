"""gcloud's emulators, each as a process of its own, where they are installed."""

import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from google.api_core.exceptions import GoogleAPICallError, RetryError

from shared.process import die_with_parent

READY_WITHIN = 60.0
"""Seconds."""


@dataclass(frozen=True)
class Emulator:
    """`jar` is a pattern beneath the SDK's folder; `main` the class to run in it; `call` raises until it answers."""

    component: str
    jar: str
    main: str
    call: Callable[[str], object]

    def missing(self) -> str | None:
        """Why it cannot run here."""
        if self._jar() is None:
            return f"gcloud's {self.component} is not installed (gcloud components install {self.component})"
        return None if shutil.which("java") else f"java, which gcloud's {self.component} needs, is not installed"

    @contextmanager
    def running(self) -> Iterator[str]:
        """Its host:port, once it answers a call; the open port alone says nothing."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = ["java", "-Xmx256m", "-cp", str(self._jar()), self.main, "--host=127.0.0.1", f"--port={port}"]
        process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=die_with_parent
        )
        try:
            self._await(f"127.0.0.1:{port}")
            yield f"127.0.0.1:{port}"
        finally:
            process.kill()
            process.wait()

    def _jar(self) -> Path | None:
        """Beneath the folder of the gcloud command, or where Debian's packages put it."""
        roots = [Path("/usr/lib/google-cloud-sdk")]
        if gcloud := shutil.which("gcloud"):
            roots.append(Path(gcloud).resolve().parents[1])
        return next((found for root in roots for found in root.glob(self.jar)), None)

    def _await(self, host: str) -> None:
        deadline = time.monotonic() + READY_WITHIN
        while True:
            try:
                self.call(host)
                return
            except (GoogleAPICallError, RetryError):
                if time.monotonic() > deadline:
                    raise
