"""The examples of docs/api.md work against a one-machine cloud, as they stand there."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from local.layout import INBOX
from tests.suites import ROOT
from tests.support.cloud import Cloud
from tests.support.recordings import speech, wav

PAGE = (ROOT / "docs" / "api.md").read_text()
RECORDING = wav(speech()[104_000:264_000])
"""Ten seconds, which is more than the first part of the upload in parts."""
TASKS = 12
FOLLOWED = {"event: job.done", "done 1.0", "job.done 1"}
"""The last event of a job, as each language prints it."""
TIMEOUT = 120
"""Seconds."""
PROGRAMS = {
    "bash": ("bash", "-eu", "-o", "pipefail"),
    "python": (sys.executable,),
    "javascript": ("node",),
}
"""The command that runs the examples of a language."""
FILES = {"bash": "examples.sh", "python": "examples.py", "javascript": "examples.mjs"}
NEEDED = {"bash": ("bash", "curl", "jq"), "python": (), "javascript": ("node",)}
"""Commands that the examples of a language use."""


def examples(language: str) -> list[str]:
    """Returns the blocks of a language, in their order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


@pytest.fixture
def key(cloud: Cloud) -> str:
    """The key that `dropscribe up` made. No recording is in the inbox."""
    for blob in cloud.client.list_blobs(INBOX):
        blob.delete()
    return (cloud.home.folder / "key").read_text().strip()


@pytest.mark.parametrize("language", PROGRAMS)
def test_every_task_has_an_example(language: str) -> None:
    assert len(examples(language)) == 1 + TASKS


@pytest.mark.parametrize("language", PROGRAMS)
def test_the_examples_of_a_language_are_a_program_that_runs(
    language: str, cloud: Cloud, key: str, tmp_path: Path
) -> None:
    for command in NEEDED[language]:
        if shutil.which(command) is None:
            pytest.skip(f"{command} is not installed")
    (tmp_path / "call.wav").write_bytes(RECORDING)
    program = tmp_path / FILES[language]
    program.write_text("\n".join(examples(language)))
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(ROOT),
        "HOME": str(tmp_path),
        "DROPSCRIBE_URL": cloud.home.ports().url("gateway"),
        "DROPSCRIBE_KEY": key,
    }
    done = subprocess.run(
        [*PROGRAMS[language], str(program)],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    lines = done.stdout.splitlines()
    assert any("done" in line for line in lines), "the job ended"
    assert any("Speaker 1: Word." in line for line in lines), "its transcript was read"
    assert FOLLOWED & set(lines), "the job was followed to its end"
    assert any("order-id" in line for line in lines), "metadata came back"
    assert any("team-a/large.wav" in line for line in lines), "the broken upload went on"
    assert any("dropscribe.job.done" in line for line in lines), "its end is an event"
    assert any("queued" in line for line in lines), "the job was run again"
    assert lines[-2] == "410", "the recording was erased"
    assert lines[-1] == "team-a/", "the team's key is confined to its folder"
    assert "-->" in (tmp_path / "call.srt").read_text()


def test_everything_that_the_gateway_needs_answers(cloud: Cloud) -> None:
    """The checks are calls that storage and the workflow of Google's clients accept."""
    url = cloud.home.ports().url("gateway")
    answer = httpx.get(f"{url}/health/ready", timeout=TIMEOUT)
    parts = {part["name"]: part["ready"] for part in answer.json()["parts"]}
    assert parts == {"storage": True, "job store": True, "workflow": True}
    assert answer.status_code == 200
