"""Open WebUI itself, set up as docs/dialects.md says, transcribes what people speak into a chat.

Its slim form is installed by `tests/clients/install all`.
"""

import os
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from functions.gateway.app import create_app
from functions.gateway.deployment import Deployment, deployment
from shared.model.contracts import ResolvedOption
from shared.runtime.process import die_with_parent
from tests.clients.test_webhook_receivers import free_port
from tests.suites import ROOT
from tests.support.answered_uploads import (
    BAD,
    TEXT,
    answered_deployment,
    options_of_recording,
)
from tests.support.api_server import serve
from tests.support.gateway import key_headers

PAGE = (ROOT / "docs" / "dialects.md").read_text()
PROGRAM = ROOT / "build" / "open-webui" / "bin" / "open-webui"
STARTS_WITHIN = 1800.0
"""Seconds. It imports a great deal and makes its database first, which is 15 s of work."""
SETTINGS = {
    "USE_SLIM_DOCKER": "true",  # without the models that only its other features need
    "WEBUI_AUTH": "false",
    "WEBUI_SECRET_KEY": "test",
    "OFFLINE_MODE": "true",
    "ENABLE_VERSION_UPDATE_CHECK": "false",
    "ENABLE_OLLAMA_API": "false",
    "ENABLE_OPENAI_API": "false",
}
"""What the test needs: no sign-in, and nothing from the internet."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not PROGRAM.exists(), reason="Open WebUI is not installed (tests/clients/install all)"
    ),
]


@dataclass(frozen=True)
class OpenWebUI:
    """A running Open WebUI, and the stores of the deployment that it transcribes with."""

    client: httpx.Client
    stores: Deployment

    def transcribe(self, content: bytes, **fields: str) -> httpx.Response:
        """Returns its answer to a recording, as its page sends it after the microphone."""
        files = {"file": ("Recording.wav", content, "audio/wav")}
        path = "/api/v1/audio/transcriptions"
        return self.client.post(path, files=files, data=fields)

    def options(self) -> list[dict[str, ResolvedOption]]:
        """Returns the options of all recordings that it sent, the newest first."""
        jobs, _ = self.stores.jobs.list_page("", limit=50)
        return [options_of_recording(self.stores, job.source) for job in jobs]


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenWebUI]:
    stores = answered_deployment()
    app = create_app()
    app.dependency_overrides[deployment] = lambda: stores
    folder = tmp_path_factory.mktemp("open-webui")
    with serve(app) as url, running(settings_of_page(url, stores), folder) as address:
        signed_in = httpx.post(f"{address}/api/v1/auths/signin", json={"email": "", "password": ""})
        token = signed_in.raise_for_status().json()["token"]
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=address, headers=headers, timeout=120) as client:
            yield OpenWebUI(client, stores)


def settings_of_page(url: str, stores: Deployment) -> dict[str, str]:
    """Returns the variables of the page, with an address and a key."""
    section = PAGE.partition("\n### Open WebUI\n")[2].partition("\n### ")[0]
    found = dict(re.findall(r"^    ([A-Z_]+)=(.*)$", section, re.MULTILINE))
    headers = key_headers(stores, ("read", "write"))
    base = found["AUDIO_STT_OPENAI_API_BASE_URL"]
    found["AUDIO_STT_OPENAI_API_BASE_URL"] = base.replace("http://127.0.0.1:8080", url)
    assert found["AUDIO_STT_OPENAI_API_KEY"] == "ds_…"
    found["AUDIO_STT_OPENAI_API_KEY"] = headers["Authorization"].removeprefix("Bearer ")
    return found


@contextmanager
def running(variables: dict[str, str], folder: Path) -> Iterator[str]:
    """Runs Open WebUI until it is left. Gives its address."""
    port = str(free_port())
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "DATA_DIR": str(folder),
        **SETTINGS,
        **variables,
    }
    command = [str(PROGRAM), "serve", "--host", "127.0.0.1", "--port", port]
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdout=output,
            stderr=output,
            preexec_fn=die_with_parent,
        )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until_healthy(process, address, folder / "output")
        yield address
    finally:
        process.kill()
        process.wait()


def wait_until_healthy(process: subprocess.Popen[bytes], address: str, output: Path) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        try:
            answer = httpx.get(f"{address}/health")
        except httpx.TransportError:
            time.sleep(0.2)
        else:
            answer.raise_for_status()
            return
    raise AssertionError(output.read_text())


def test_what_is_spoken_becomes_the_text_of_the_chat(program: OpenWebUI) -> None:
    before = len(program.options())
    answer = program.transcribe(b"sound")
    assert answer.status_code == 200, answer.text
    assert answer.json()["text"] == TEXT
    assert len(program.options()) == before + 1


def test_the_language_that_a_person_has_set_is_sent(program: OpenWebUI) -> None:
    assert program.transcribe(b"sound", language="de").json()["text"] == TEXT
    newest, *_ = program.options()
    assert newest["language"].value == "de"


def test_the_reason_of_a_failure_is_shown_and_the_recording_is_sent_twice(
    program: OpenWebUI,
) -> None:
    before = len(program.options())
    answer = program.transcribe(BAD)
    (job, *_), _ = program.stores.jobs.list_page("", limit=1)
    assert job.problem is not None
    assert answer.status_code == 500
    shown = answer.json()["detail"]
    assert "External: " in shown and job.problem.detail in shown
    assert len(program.options()) == before + 2
