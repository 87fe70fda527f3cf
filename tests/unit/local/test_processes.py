"""Each part of the local cloud gets its command and environment, as process or container."""

import json
from pathlib import Path

import pytest

from local.layout import Layout
from local.processes import IMAGES, client_environment, processes
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
