"""Each part of the local cloud gets its command and environment, as process or container."""

import json
from itertools import pairwise
from pathlib import Path

import pytest

from local.layout import STAGES, Layout
from local.processes import CORES, IMAGES, WORKERS, client_environment, processes, workers
from shared.model.stages import FUNCTIONS
from shared.settings import settings


@pytest.mark.parametrize(("allowed", "offline"), [("false", "1"), ("true", "0")])
def test_the_hub_is_used_only_if_downloads_are_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, allowed: str, offline: str
) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.setenv("DROPSCRIBE_DOWNLOAD_MODELS", allowed)
    settings.cache_clear()
    home = Layout(tmp_path)
    assert client_environment(home, home.ports())["HF_HUB_OFFLINE"] == offline
    settings.cache_clear()


def test_a_function_that_has_an_image_is_a_container(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(IMAGES, json.dumps({"prepare": "registry/prepare@sha256:1"}))
    monkeypatch.setenv("DROPSCRIBE_MODELS", "/here")
    monkeypatch.setenv("DROPSCRIBE_LEASE", "6")
    found = {part.name: part for part in processes(Layout(tmp_path))}
    image, name, folder, *variables = found["prepare"].command[3:]
    assert image == "registry/prepare@sha256:1"
    assert name == f"dropscribe-prepare-{found['prepare'].port}"
    assert folder == str(Layout(tmp_path).jobs.parent)
    assert {"PORT", "STORAGE_EMULATOR_HOST", "DROPSCRIBE_JOB_DATABASE", "DROPSCRIBE_LEASE"} <= set(
        variables
    )
    assert {"DROPSCRIBE_MODELS", "FUNCTION_SOURCE", "FUNCTION_TARGET", IMAGES}.isdisjoint(variables)
    assert found["finalize"].command[1:] == ("-m", "functions_framework")
    assert "FUNCTION_SOURCE" in found["finalize"].environment


def test_only_gateway_and_notify_know_the_secret_of_webhooks(tmp_path: Path) -> None:
    home = Layout(tmp_path)
    found = {part.name: part.environment for part in processes(home)}
    secret = home.webhook_secret.read_text().strip()
    informed = {name for name, environment in found.items() if secret in environment.values()}
    assert informed == {"gateway", "notify"}
    assert found["notify"]["DROPSCRIBE_WEBHOOK_HOSTS"] == '["127.0.0.1", "::1", "localhost"]'


def test_a_secret_and_hosts_of_webhooks_that_are_given_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"DROPSCRIBE_WEBHOOK_SECRET": "s" * 32, "DROPSCRIBE_WEBHOOK_HOSTS": "[]"}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    home = Layout(tmp_path)
    found = {part.name: part.environment for part in processes(home)}
    assert given.items() <= found["gateway"].items()
    assert not home.webhook_secret.exists()


def test_the_bridge_reads_the_queue_that_the_functions_write(tmp_path: Path) -> None:
    home = Layout(tmp_path)
    found = {part.name: part for part in processes(home)}
    variables = ("DROPSCRIBE_EVENT_QUEUE", "DROPSCRIBE_JOB_DATABASE", "DROPSCRIBE_JOB_DOCUMENTS")
    for variable in variables:
        given = found["bridge"].environment[variable]
        assert {found[name].environment[variable] for name in FUNCTIONS} == {given}
    assert found["bridge"].command[-3] == home.ports().url("notify")


@pytest.mark.parametrize(
    ("cores", "memory_gib", "expected"),
    [
        (2, 7.7, {"prepare": 2, "transcribe": 1, "align": 1, "diarize": 1}),
        (2, 15.6, {"prepare": 2, "transcribe": 2, "align": 1, "diarize": 2}),
        (8, 15.6, {"prepare": 2, "transcribe": 4, "align": 2, "diarize": 2}),
        (8, 31.2, {"prepare": 2, "transcribe": 5, "align": 2, "diarize": 3}),
    ],
)
def test_a_machine_with_enough_memory_has_spare_workers(
    cores: int, memory_gib: float, expected: dict[str, int]
) -> None:
    one_each = {"finalize": 1, "reconcile": 1, "gateway": 1, "notify": 1}
    assert workers(cores, memory_gib) == {**expected, **one_each}


def test_the_runner_knows_how_many_calls_each_stage_serves_and_one_job_may_have(
    tmp_path: Path,
) -> None:
    home = Layout(tmp_path)
    ports = home.ports()
    command = next(part for part in processes(home) if part.name == "workflows").command
    given = list(pairwise(command))
    for stage in STAGES:
        spec = FUNCTIONS[stage]
        slots = WORKERS[stage] * spec.local_threads
        share = spec.workers_per_job(CORES) * spec.local_threads
        assert ("--slots", f"{ports.url(stage)}={slots}") in given
        assert ("--share", f"{ports.url(stage)}={share}") in given
        assert 1 <= share <= slots


@pytest.mark.parametrize("in_container", [False, True])
def test_the_gateway_knows_that_storage_is_on_its_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_container: bool
) -> None:
    if in_container:
        monkeypatch.setenv(IMAGES, json.dumps({"gateway": "registry/gateway@sha256:1"}))
    found = {part.name: part for part in processes(Layout(tmp_path))}
    name = "DROPSCRIBE_STORAGE_ON_THIS_MACHINE"
    assert found["gateway"].environment[name] == "true"
    assert in_container == (name in found["gateway"].command)
    assert name not in found["prepare"].environment
