"""Vercel's AI SDK, which sends and reads transcriptions with code of its own, works with ours.

`make clients` installs it.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from functions.gateway.app import create_app
from functions.gateway.deployment import Deployment, deployment
from tests.suites import ROOT
from tests.support.answered_uploads import (
    BAD,
    FIRST,
    SECOND,
    TEXT,
    answered_deployment,
    options_of_recording,
)
from tests.support.api_server import serve
from tests.support.gateway import key_headers

SCRIPT = Path(__file__).parent / "node" / "transcribe.mjs"
MODULES = ROOT / "build" / "clients" / "node_modules"
TIMEOUT = 120
"""Seconds."""

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or not (MODULES / "@ai-sdk" / "openai").exists(),
    reason="Node's ai and @ai-sdk/openai are not installed (make clients)",
)


@pytest.fixture
def stores() -> Deployment:
    return answered_deployment()


@pytest.fixture
def url(stores: Deployment) -> Iterator[str]:
    app = create_app()
    app.dependency_overrides[deployment] = lambda: stores
    with serve(app) as url:
        yield url


def transcribed(url: str, key: str, content: bytes, folder: Path) -> Any:
    """Returns what the SDK made of the answer to a recording, or of the problem."""
    recording = folder / "call.wav"
    recording.write_bytes(content)
    (folder / "node_modules").symlink_to(MODULES)
    program = folder / SCRIPT.name
    program.write_bytes(SCRIPT.read_bytes())
    command = ["node", str(program), f"{url}/v1", key, str(recording)]
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=TIMEOUT)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def key_of(stores: Deployment) -> str:
    headers = key_headers(stores, ("read", "write"))
    return headers["Authorization"].removeprefix("Bearer ")


def test_segments_and_language_are_read(url: str, stores: Deployment, tmp_path: Path) -> None:
    found = transcribed(url, key_of(stores), b"RIFF....WAVEfmt sound", tmp_path)
    assert found["text"] == TEXT
    assert [segment["text"].strip() for segment in found["segments"]] == [FIRST, SECOND]
    assert found["segments"][0]["startSecond"] == 0.5
    assert (found["language"], found["durationInSeconds"]) == ("en", 20)
    (job,), _ = stores.jobs.list_page("", limit=2)
    assert options_of_recording(stores, job.source)["language"].value == "en"


def test_the_reason_of_a_failure_is_read_and_is_not_worth_a_retry(
    url: str, stores: Deployment, tmp_path: Path
) -> None:
    found = transcribed(url, key_of(stores), BAD, tmp_path)
    (job,), _ = stores.jobs.list_page("", limit=2)
    assert job.problem is not None
    assert job.problem.detail in found["message"]
    assert (found["status"], found["mayRetry"]) == (400, False)


def test_a_wrong_key_is_reported(url: str, tmp_path: Path) -> None:
    found = transcribed(url, "ds_wrong", b"sound", tmp_path)
    assert found["status"] == 401 and found["message"]
