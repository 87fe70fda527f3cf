"""Every command on jobs and keys works with --on-google, without the deployment's API.

The deployment is the one-machine cloud's storage, job store and executions.
"""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping

import pytest

from shared.model.contracts import Source
from tests.support.cloud import WORKFLOW, Cloud, stopped
from tests.support.recordings import speech, wav

pytestmark = pytest.mark.slow

FIVE_SECONDS = speech()[104_000:184_000]
SLOWLY = {"language": "en", "initial-prompt": "slowly"}
NO_CREDENTIALS = {"GOOGLE_APPLICATION_CREDENTIALS": "/nowhere/credentials.json"}
Call = Callable[..., subprocess.CompletedProcess[str]]


def environment_without_api(cloud: Cloud) -> dict[str, str]:
    """Returns the variables that an operator has who knows the buckets, the database and the
    workflow, but no address and no key of an API."""
    printed = cloud.printed_environment()
    known = {
        name: value
        for name, value in printed.items()
        if name not in ("DROPSCRIBE_URL", "DROPSCRIBE_KEY")
    }
    return {
        **os.environ,
        **known,
        "DROPSCRIBE_HOME": "/nowhere",
        "GOOGLE_CLOUD_PROJECT": "dropscribe-local",
        "DROPSCRIBE_WORK": "dropscribe-work",
        "DROPSCRIBE_WORKFLOW": WORKFLOW,
        "DROPSCRIBE_JOB_DOCUMENTS": "shared.adapters.sqlite:SqliteDocuments",
        "DROPSCRIBE_JOB_DATABASE": str(cloud.home.jobs),
    }


def run(
    arguments: tuple[str, ...], environment: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        (sys.executable, "-m", "local.cli", *arguments),
        env=environment, capture_output=True, text=True, timeout=600,
    )  # fmt: skip


@pytest.fixture
def call(cloud: Cloud) -> Call:
    """Runs a command with --on-google."""
    environment = environment_without_api(cloud)

    def command(*arguments: str) -> subprocess.CompletedProcess[str]:
        return run((*arguments, "--on-google"), environment)

    return command


def running(cloud: Cloud, name: str) -> Source:
    source = cloud.upload(name, wav(FIVE_SECONDS), SLOWLY)
    cloud.until(lambda: is_transcribed(cloud, source), 30, "transcription at work")
    return source


def is_transcribed(cloud: Cloud, source: Source) -> bool:
    records = cloud.jobs.records.of_job(source.job_id)
    return any(record.stage == "transcribe" for record in records)


def test_a_job_is_seen_cancelled_run_again_and_erased(cloud: Cloud, call: Call) -> None:
    source = running(cloud, "own/a.wav")
    with stopped(cloud.processes("transcribe")[1:]):
        shown = call("status", "own/a.wav")
        assert shown.returncode == 0, shown.stderr
        assert re.search(r"waits for +.*transcribe 1", shown.stdout), shown.stdout
        assert source.job_id in call("status", "--prefix", "own/").stdout
        assert call("cancel", "own/a.wav").stdout == f"{source.job_id}: cancelled\n"
    assert cloud.answer(source).problem["type"] == "urn:dropscribe:problem:cancelled"
    again = call("redrive", source.job_id, "--set", "initial-prompt=quickly")
    assert again.returncode == 0, again.stderr
    cloud.until(lambda: cloud.job(source).state == "done", 30, "end of the new run")
    assert call("erase", "own/a.wav", "--yes").returncode == 0
    assert cloud.job(source).state == "erased"


def test_failed_jobs_are_listed_and_run_again(cloud: Cloud, call: Call) -> None:
    source = cloud.upload("own/wrong.wav", b"This is a text.")
    cloud.answer(source)
    assert source.job_id in call("failed", "--prefix", "own/wrong").stdout
    before = cloud.job(source).run
    assert call("redrive", "own/wrong.wav").returncode == 0
    cloud.until(lambda: cloud.job(source).run > before, 30, "a further run")


def test_keys_are_made_listed_and_revoked(cloud: Cloud, call: Call) -> None:
    made = call("keys", "create", "made without the API", "--scope", "read")
    secret = made.stdout.strip()
    key = cloud.keys.find(secret)
    assert key is not None and key.name == "made without the API"
    assert key.key_id in call("keys", "list").stdout
    assert call("keys", "revoke", key.key_id).returncode == 0
    assert cloud.keys.find(secret) is None
    names = [key.name for key in cloud.keys.list()]
    assert "operator" not in names, "the key of the commands is stored nowhere"


def test_costs_are_read(cloud: Cloud, call: Call) -> None:
    source = cloud.upload("own/cost.wav", wav(FIVE_SECONDS), {"language": "en"})
    cloud.answer(source)
    each = call("cost", "--jobs")
    assert each.returncode == 0, each.stderr
    assert "own/cost.wav" in each.stdout


def test_without_a_deployment_or_credentials_the_reason_is_said(cloud: Cloud) -> None:
    known = environment_without_api(cloud)
    google_names = ("STORAGE_EMULATOR_HOST", "DROPSCRIBE_EXECUTIONS_HOST")
    on_google = {name: value for name, value in known.items() if name not in google_names}
    refused = run(("status", "--on-google"), {**on_google, **NO_CREDENTIALS})
    assert refused.returncode == 1
    assert "the API could not be served here" in refused.stderr
    assert "credentials" in refused.stderr
