"""The examples of docs/dialects.md work with OpenAI's own clients and curl, as they stand there.

`make clients` installs Node's.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from functions.gateway.app import create_app
from functions.gateway.deployment import Deployment, deployment
from tests.suites import ROOT
from tests.support.answered_uploads import FIRST, SECOND, TEXT, answered_deployment
from tests.support.api_server import serve
from tests.support.gateway import key_headers

PAGE = (ROOT / "docs" / "dialects.md").read_text()
MODULES = ROOT / "build" / "clients" / "node_modules"
TIMEOUT = 120
"""Seconds."""


@pytest.fixture
def stores() -> Deployment:
    return answered_deployment()


@pytest.fixture
def url(stores: Deployment) -> Iterator[str]:
    app = create_app()
    app.dependency_overrides[deployment] = lambda: stores
    with serve(app) as url:
        yield url


def example(language: str) -> str:
    """Returns the first example in a language of the section about OpenAI."""
    section = PAGE.partition("\n## OpenAI\n")[2]
    found = re.search(rf"^```{language}\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def printed(command: list[str], url: str, stores: Deployment, folder: Path) -> str:
    """Returns what a command printed, beside a recording and with the address and a key."""
    (folder / "call.wav").write_bytes(b"sound")
    headers = key_headers(stores, ("read", "write"))
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "DROPSCRIBE_URL": url,
        "DROPSCRIBE_KEY": headers["Authorization"].removeprefix("Bearer "),
    }
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=TIMEOUT
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl(url: str, stores: Deployment, tmp_path: Path) -> None:
    captions = printed(["bash", "-euc", example("bash")], url, stores, tmp_path)
    assert captions.startswith("1\n00:00:00,500 --> ") and SECOND in captions


def test_the_python_client(url: str, stores: Deployment, tmp_path: Path) -> None:
    program = tmp_path / "example.py"
    program.write_text(example("python"))
    output = printed([sys.executable, str(program)], url, stores, tmp_path)
    assert output.splitlines() == [f"   0.50 A: {FIRST}", f"  11.00 B: {SECOND}", TEXT]


@pytest.mark.skipif(
    shutil.which("node") is None or not (MODULES / "openai").exists(),
    reason="Node's openai is not installed (make clients)",
)
def test_node_s_client(url: str, stores: Deployment, tmp_path: Path) -> None:
    (tmp_path / "node_modules").symlink_to(MODULES)
    program = tmp_path / "example.mjs"
    program.write_text(example("javascript"))
    output = printed(["node", str(program)], url, stores, tmp_path)
    assert output.splitlines()[:2] == ["0.5 Hello", "1 there."]
