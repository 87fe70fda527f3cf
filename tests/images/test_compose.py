"""compose.yaml brings the one-machine cloud up, and its data survives the container."""

import shutil
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from os import environ, pathsep
from pathlib import Path
from subprocess import CompletedProcess, run

import httpx
import pytest
import yaml

from local.container import engine
from local.layout import ROOT, free_ports
from tests.images.containers import require_image
from tests.support import noop
from tests.support.recordings import sample

pytestmark = [pytest.mark.images, pytest.mark.slow, pytest.mark.timeout(1800)]

READY_WITHIN = 300.0
"""Seconds."""


@dataclass(frozen=True)
class Project:
    """The cloud of compose.yaml with engines that do nothing, on a port and a volume of its own."""

    command: tuple[str, ...]
    port: int

    def call(self, *arguments: str) -> CompletedProcess[str]:
        environment = {**environ, "DROPSCRIBE_PORT": str(self.port)}
        command = (*self.command, *arguments)
        return run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=300)

    def up(self) -> None:
        """Starts it and waits until its API answers."""
        done = self.call("up", "--detach")
        assert done.returncode == 0, done.stderr
        deadline = time.monotonic() + READY_WITHIN
        while not self.is_healthy():
            assert time.monotonic() < deadline, self.call("logs").stdout
            time.sleep(0.5)

    def is_healthy(self) -> bool:
        try:
            return self.get("/health").is_success
        except httpx.TransportError:
            return False

    def get(self, path: str, **headers: str) -> httpx.Response:
        return httpx.get(f"{self.url}{path}", headers=headers, timeout=90, trust_env=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def headers(self) -> dict[str, str]:
        """Returns the key of the API, which is in the volume, as a header. It is made once the
        whole cloud is up."""
        deadline = time.monotonic() + READY_WITHIN
        while not (key := self.call("exec", "-T", "cloud", "cat", "/data/key").stdout.strip()):
            assert time.monotonic() < deadline, self.call("logs").stdout
            time.sleep(0.5)
        return {"X-API-Key": key}


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    require_image("dropscribe/local", "shared", "functions", "local", "emulators")
    override = {
        "services": {
            "cloud": {
                "environment": noop.ENVIRONMENT,
                "volumes": [f"{ROOT / 'tests'}:/app/tests:ro"],
            }
        }
    }
    file = tmp_path / "override.yaml"
    file.write_text(yaml.safe_dump(override))
    (port,) = free_ports(1)
    name = f"dropscribe-{uuid.uuid4().hex[:8]}"
    files = ("-f", str(ROOT / "compose.yaml"), "-f", str(file))
    cloud = Project((*compose(), "-p", name, *files), port)
    yield cloud
    cloud.call("down", "--volumes")


def compose() -> tuple[str, ...]:
    """Returns the command that reads compose.yaml. Skips the test where there is none."""
    program, *options = engine()
    if Path(program).name == "docker":
        return (program, "compose")
    folders = (str(Path(sys.executable).parent), environ["PATH"])
    command = shutil.which("podman-compose", path=pathsep.join(folders))
    if command is None:
        pytest.skip("podman-compose is not installed: make clients")
    return (command, f"--podman-path={program}", f"--podman-args={' '.join(options)}")


def test_a_recording_is_transcribed_and_survives_the_container(project: Project) -> None:
    project.up()
    assert project.call("exec", "-T", "cloud", *health_check()).returncode == 0
    headers = project.headers()
    job = transcribed(project, headers)
    path = f"/api/v1/jobs/{job}/transcript?format=json"
    transcript = project.get(path, **headers).json()
    assert transcript["words"]
    log = project.call("logs").stdout
    assert f"{project.url}/#login=" in log
    assert headers["X-API-Key"] not in log
    project.call("down")
    project.up()
    assert project.headers() == headers
    assert project.get(path, **headers).json() == transcript


def health_check() -> list[str]:
    """Returns the command of the health check. podman would start it by a timer of systemd."""
    document = yaml.safe_load((ROOT / "compose.yaml").read_text())
    words: list[str] = document["services"]["cloud"]["healthcheck"]["test"]
    return words[1:]  # the first one is CMD


def transcribed(project: Project, headers: dict[str, str]) -> str:
    """Uploads a recording and returns the id of its job once that is done."""
    files = {"file": ("call.wav", sample().read_bytes())}
    url = f"{project.url}/api/v1/jobs/upload"
    response = httpx.post(url, headers=headers, files=files, timeout=90, trust_env=False)
    job = response.json()["id"]
    found = project.get(f"/api/v1/jobs/{job}?wait=60", **headers).json()
    assert found["state"] == "done", found
    return str(job)
