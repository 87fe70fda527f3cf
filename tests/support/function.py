"""A function as Cloud Run starts it: its image's process, told by its environment who it is."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from emulators.storage.tests.server import free_port
from local.layout import ROOT
from shared.runtime.process import die_with_parent

READY_WITHIN = 60.0
"""Seconds."""
HEALTH = "/health/live"
"""Every function answers to it. The gateway's /health looks at the stores, too."""
MODULES = {"gateway": "functions.gateway.main"}
"""The functions whose process is not functions-framework's."""
GRACE = 10.0
"""Seconds between Cloud Run's SIGTERM and its SIGKILL."""


@dataclass(frozen=True)
class Function:
    url: str
    process: subprocess.Popen[bytes]
    log: Path

    def is_up(self) -> bool:
        assert self.process.poll() is None, self.log.read_text()
        try:
            return httpx.get(f"{self.url}{HEALTH}", timeout=5).is_success
        except httpx.TransportError:
            return False

    def end(self) -> int:
        """As Cloud Run does: SIGTERM; raises TimeoutExpired when SIGKILL would follow."""
        self.process.terminate()
        return self.process.wait(GRACE)


@contextmanager
def function(name: str, environment: Mapping[str, str], folder: Path) -> Iterator[Function]:
    port = free_port()
    of_cloud_run = {
        "PORT": str(port),
        "K_SERVICE": name,
        "K_REVISION": f"{name}-00001-abc",
        "K_CONFIGURATION": name,
        "CLOUD_RUN_TIMEOUT_SECONDS": "1740",
    }
    of_the_image = {
        "FUNCTION_SOURCE": str(ROOT / "functions" / name / "main.py"),
        "FUNCTION_TARGET": "main",
        "HOST": "127.0.0.1",
        "WORKERS": "1",
        "THREADS": "1",
    }
    log = folder / f"{name}.log"
    with log.open("ab") as out:
        process = subprocess.Popen(
            (sys.executable, "-m", MODULES.get(name, "functions_framework")),
            env={**os.environ, **of_cloud_run, **of_the_image, **environment},
            stdout=out,
            stderr=out,
            cwd=ROOT,
            preexec_fn=die_with_parent,
        )
    served = Function(f"http://127.0.0.1:{port}", process, log)
    try:
        deadline = time.monotonic() + READY_WITHIN
        while not served.is_up():
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        yield served
    finally:
        process.kill()
        process.wait()
