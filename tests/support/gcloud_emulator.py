"""gcloud's emulators, each as a process of its own, where they are installed."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from google.api_core.exceptions import GoogleAPICallError, RetryError

from shared.runtime.process import die_with_parent

READY_WITHIN = 60.0
"""Seconds."""
JAVA = ("java", "-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")
"""Starts with half the CPU: little is compiled for a process that lives for a minute."""


@dataclass(frozen=True)
class Emulator:
    """`jar` is a pattern beneath the SDK's folder; `main` the class to run in it; `call` raises
    until it answers."""

    component: str
    jar: str
    main: str
    call: Callable[[str], object]
    variable: str | None = None
    """The environment variable by which `call` lets Google's client find it."""

    def missing(self) -> str | None:
        """Why it cannot run here."""
        if self._jar() is None:
            command = f"gcloud components install {self.component}"
            return f"gcloud's {self.component} is not installed ({command})"
        if shutil.which("java") is None:
            return f"java, which gcloud's {self.component} needs, is not installed"
        return None

    def started(self) -> "Running":
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            found = Running(self, free.getsockname()[1])
        found.start()
        return found

    @contextmanager
    def running(self) -> Iterator[str]:
        """Yields its host:port. Afterwards clients find the one that they found before."""
        before = self._environment()
        started = self.started()
        try:
            yield started.host
        finally:
            started.kill()
            if self.variable:
                os.environ.pop(self.variable, None)
            os.environ.update(before)

    def command(self, port: int) -> list[str]:
        return [*JAVA, "-cp", str(self._jar()), self.main, "--host=127.0.0.1", f"--port={port}"]

    def _environment(self) -> dict[str, str]:
        return {name: value for name, value in os.environ.items() if name == self.variable}

    def _jar(self) -> Path | None:
        """Beneath the folder of the gcloud command, or where Debian's packages put it."""
        roots = [Path("/usr/lib/google-cloud-sdk")]
        if gcloud := shutil.which("gcloud"):
            roots.append(Path(gcloud).resolve().parents[1])
        return next((found for root in roots for found in root.glob(self.jar)), None)


@dataclass
class Running:
    """An emulator's process. It keeps everything in memory: whoever kills it has taken all of it
    away."""

    emulator: Emulator
    port: int
    process: subprocess.Popen[bytes] = field(init=False)

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Return once it answers a call; the open port alone says nothing."""
        self.process = subprocess.Popen(
            self.emulator.command(self.port),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, preexec_fn=die_with_parent,
        )  # fmt: skip
        try:
            self._await()
        except BaseException:
            self.kill()
            raise

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def _await(self) -> None:
        deadline = time.monotonic() + READY_WITHIN
        while True:
            try:
                self.emulator.call(self.host)
                return
            except (GoogleAPICallError, RetryError):
                if time.monotonic() > deadline:
                    raise
