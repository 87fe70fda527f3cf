import shutil
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.terraform.copies import ROOT, Copy, clean_environment, copied
from tests.terraform.plan import Plan

EVERYTHING: dict[str, Any] = {
    "name": "calls",
    "stages": {
        "transcribe": {"gpu": "l4", "min_instances": 1},
        "align": {"cpu": 2, "memory_gib": 4},
        "gateway": {"min_instances": 1, "max_instances": 10},
    },
    "settings": {"whisper_model": "large-v3", "download_models": "true", "stage_deadline": "900"},
    "hub_token_secret": "hub",
    "keep_work_days": 3,
    "keep_answer_days": 90,
    "keep_days": 10,
    "soft_delete_days": {"inbox": 30},
    "cors_origins": ["https://example.com"],
    "public": True,
    "api_callers": ["group:staff@example.com", "user:a@example.com"],
    "api_domain": "speech.example.com",
    "scheduler_region": "europe-west1",
    "grant_agents": False,
    "kms_key": "projects/keys/locations/europe-west4/keyRings/speech/cryptoKeys/dropscribe",
    "network": {
        "subnetwork": "projects/net/regions/europe-west4/subnetworks/speech",
        "tags": ["speech"],
    },
    "traces": True,
    "alert_emails": ["a@example.com", "b@example.com"],
    "labels": {"team": "speech"},
    "deletion_protection": False,
}
"""Whatever can be said, said."""


@pytest.fixture(scope="session")
def terraform() -> None:
    if not shutil.which("terraform"):
        pytest.skip(
            "terraform is not installed (https://developer.hashicorp.com/terraform/install)"
        )


@pytest.fixture(scope="session")
def environment(terraform: None) -> Iterator[dict[str, str]]:
    """That in which terraform finds the stand-in for its provider."""
    command = [sys.executable, "-m", "tests.terraform.standin"]
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as standin:
        assert standin.stdout and standin.stderr
        said = standin.stdout.readline()  # it comes once the provider answers, or never
        if not said:
            pytest.skip(standin.stderr.read())
        value = said.partition("=")[2].strip().strip("'")
        yield {**clean_environment(), "TF_REATTACH_PROVIDERS": value}
        standin.terminate()


@pytest.fixture(scope="session")
def topology(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Copy:
    """A copy of the repository's, initialised. Whoever changes something takes a copy of it."""
    copy = copied(tmp_path_factory.mktemp("topology") / "copy", environment)
    copy.init()
    return copy


@pytest.fixture(scope="session", params=["least", "everything"])
def plan(
    request: pytest.FixtureRequest, topology: Copy, tmp_path_factory: pytest.TempPathFactory
) -> Plan:
    """What is planned when the least is said, and when everything is."""
    copy = topology.to(tmp_path_factory.mktemp(request.param) / "copy")
    return copy.plan(**(EVERYTHING if request.param == "everything" else {}))
