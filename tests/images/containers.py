"""Containers under test: of images built from these very sources, run as the one-machine cloud runs
them."""

import hashlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest

from local.container import engine, hand_over, remove, run
from local.layout import FUNCTIONS, ROOT, free_ports
from shared.model.stages import FUNCTIONS as FUNCTION_SPECS

NAMES = {function: f"dropscribe/{function}" for function in FUNCTIONS}
"""As `make images` calls them."""
LIGHT = tuple(name for name, spec in FUNCTION_SPECS.items() if not spec.has_model)
"""The functions without PyTorch."""
READY_WITHIN = 180.0
GRACE = 10
"""Seconds that Cloud Run gives a container between SIGTERM and SIGKILL."""
SOURCES = """
import hashlib, pathlib, sys
files = sorted(path for top in sys.argv[1:] for path in pathlib.Path(top).rglob("*.py"))
sources = b"".join(str(path).encode() + path.read_bytes() for path in files)
print(hashlib.sha256(sources).hexdigest())
"""


def require(*functions: str) -> None:
    """Skips a test whose images are missing or old, and reports which."""
    for function in functions:
        require_image(NAMES[function], "shared", f"functions/{function}")


def require_image(name: str, *tops: str) -> None:
    """Skips a test unless there is an image with these very folders of the sources."""
    if reason := missing(name, *tops):
        pytest.skip(reason)


@cache  # the images stay as they are while tests run, and a look into one starts a container
def missing(name: str, *tops: str) -> str | None:
    """Returns why an image cannot be tested, or None if it can."""
    if shutil.which(engine()[0]) is None:
        return f"{engine()[0]} is not installed"
    if said(*engine(), "image", "inspect", name) is None:
        return f"no image {name}: make images"
    if inside(name, SOURCES, *tops).strip() != digest(tops):
        return f"the image {name} was built from other sources: make images"
    return None


def said(*command: str) -> str | None:
    """What a command prints; None when it fails."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return done.stdout if done.returncode == 0 else None


def digest(tops: tuple[str, ...]) -> str:
    files = sorted(path.relative_to(ROOT) for top in tops for path in (ROOT / top).rglob("*.py"))
    return hashlib.sha256(
        b"".join(str(path).encode() + (ROOT / path).read_bytes() for path in files)
    ).hexdigest()


def inside(image: str, program: str, *arguments: str) -> str:
    """What a Python program prints in a container of the image."""
    command = (
        *run(image, f"dropscribe-inside-{os.getpid()}", None, ()),
        "python",
        "-c",
        program,
        *arguments,
    )
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


def config(image: str) -> dict[str, Any]:
    (described,) = json.loads(said(*engine(), "image", "inspect", image) or "[]")
    return dict(described["Config"])


class Container:
    """A function at work on a free port, with its job documents in `folder`."""

    def __init__(self, function: str, folder: Path, environment: Mapping[str, str]) -> None:
        (self.port,) = free_ports(1)
        self.function = function
        self.name = f"dropscribe-test-{function}-{self.port}"
        self.log = folder.parent / f"{function}.log"
        given = {
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "GOOGLE_CLOUD_PROJECT": "dropscribe-local",
            "DROPSCRIBE_JOB_DOCUMENTS": "shared.adapters.sqlite:SqliteDocuments",
            "DROPSCRIBE_JOB_DATABASE": str(folder / "jobs.sqlite"),
            "DROPSCRIBE_EXECUTIONS_HOST": "127.0.0.1:9",  # nobody is called
            **environment,
        }
        hand_over(folder)
        with self.log.open("wb") as log:
            command = run(NAMES[function], self.name, folder, sorted(given))
            self.process = subprocess.Popen(
                command, env={**os.environ, **given}, stdout=log, stderr=log
            )

    def health(self) -> httpx.Response:
        """Returns the first response to the question whether the process lives."""
        path = "/health/live" if self.function == "gateway" else "/health"
        deadline = time.monotonic() + READY_WITHIN
        while True:
            try:
                return self.get(path, timeout=2)
            except httpx.TransportError:
                assert self.process.poll() is None and time.monotonic() < deadline, (
                    self.log.read_text()
                )
                time.sleep(0.05)

    def get(self, path: str, timeout: float) -> httpx.Response:
        url = f"http://127.0.0.1:{self.port}{path}"
        return httpx.get(url, timeout=timeout, trust_env=False)

    def ask(self, question: str) -> dict[str, Any]:
        answer = httpx.post(
            f"http://127.0.0.1:{self.port}", content=question, timeout=300, trust_env=False
        )
        assert answer.status_code == 200, f"{answer.text}\n{self.log.read_text()}"
        return dict(answer.json())

    def stop(self) -> int:
        """Its exit code after a SIGTERM: 137 when its grace was not enough."""
        said(*engine(), "stop", "-t", str(GRACE), self.name)
        return self.process.wait(30)

    def remove(self) -> None:
        remove(self.name)
        self.process.wait(30)
