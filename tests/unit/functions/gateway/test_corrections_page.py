"""The examples of docs/corrections.md work as they stand there, and print what it says."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from functions.gateway.app import create_app
from functions.gateway.deployment import Deployment, deployment
from shared.model.contracts import Source
from tests.suites import ROOT
from tests.support.api_server import serve
from tests.support.edited_jobs import answer
from tests.support.gateway import key_headers, memory_deployment
from tests.support.gateway_jobs import upload
from tests.support.made_transcripts import Said

PAGE = (ROOT / "docs" / "corrections.md").read_text()
API_PAGE = (ROOT / "docs" / "api.md").read_text()
TALK = {"S1": 512, "S2": 406, "S3": 9}
"""Seconds that each speaker of the page's recording talks."""
CONSOLE = "console"
PYTHON = "python"
BASH = "bash"
TIMEOUT = 120
"""Seconds."""
SETUP = """\
import os
import dropscribe

client = dropscribe.Client(os.environ["DROPSCRIBE_URL"], os.environ["DROPSCRIBE_KEY"])
job_id = os.environ["id"]
"""


def blocks(page: str, language: str) -> list[str]:
    """Returns the blocks of a language, in their order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


@pytest.fixture
def stores() -> Deployment:
    return memory_deployment()


@pytest.fixture
def source(stores: Deployment) -> Source:
    """A recording of three speakers that has its transcript."""
    source = upload(stores, "interview.m4a")
    sentences = tuple(
        Said(speaker, ("Good", "morning."), word_seconds=seconds / 2)
        for speaker, seconds in TALK.items()
    )
    answer(stores, source, sentences=sentences)
    return source


@pytest.fixture
def environment(stores: Deployment, source: Source, tmp_path: Path) -> Iterator[dict[str, str]]:
    """Serves the recording. Yields the variables with which the examples find it."""
    app = create_app()
    app.dependency_overrides[deployment] = lambda: stores
    key = key_headers(stores)["Authorization"].removeprefix("Bearer ")
    with serve(app) as url:
        yield {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "HOME": str(tmp_path),
            "DROPSCRIBE_URL": url,
            "DROPSCRIBE_KEY": key,
            "id": source.job_id,
        }


def output_of(command: Sequence[str], folder: Path, environment: dict[str, str]) -> str:
    """Returns what a command prints, which must succeed."""
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=TIMEOUT
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def steps_of(block: str) -> list[tuple[str, list[str]]]:
    """Returns the commands of a console, each with the lines that it prints."""
    steps: list[tuple[str, list[str]]] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            steps.append((line.removeprefix("$ "), []))
        else:
            steps[-1][1].append(line)
    return steps


@pytest.mark.slow
def test_the_commands_print_what_the_page_says(environment: dict[str, str], tmp_path: Path) -> None:
    (block,) = blocks(PAGE, CONSOLE)
    steps = steps_of(block)
    assert len(steps) == 3
    for command, expected in steps:
        words = shlex.split(command, comments=True)
        assert words[0] == "dropscribe"
        program = [sys.executable, "-m", "local.cli", *words[1:]]
        assert output_of(program, tmp_path, environment).splitlines() == expected, command


@pytest.mark.slow
def test_the_calls_of_the_api_name_the_speaker(environment: dict[str, str], tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    program = "\n".join([blocks(API_PAGE, BASH)[0], *blocks(PAGE, BASH)])
    printed = output_of(["bash", "-euc", program], tmp_path, environment)
    assert "Anna Weber: Good morning." in printed


@pytest.mark.slow
def test_the_client_names_the_speaker(environment: dict[str, str], tmp_path: Path) -> None:
    program = SETUP + "\n".join(blocks(PAGE, PYTHON))
    printed = output_of([sys.executable, "-c", program], tmp_path, environment)
    assert "Anna Weber: Good morning." in printed


def test_every_example_is_tried() -> None:
    languages = set(re.findall(r"^```(\w+)$", PAGE, re.MULTILINE))
    assert languages == {CONSOLE, PYTHON, BASH}
