"""Terraform itself accepts style, schema, examples and apply, and its own tests pass."""

import json
import os
import re
import socket
from pathlib import Path
from typing import Any

import pytest

from tests.terraform.copies import (
    FUNCTIONS,
    GIVEN,
    PROJECT,
    REGION,
    ROOT,
    Copy,
    Refused,
    clean_environment,
    copied,
)

EXAMPLES = sorted(path.name for path in (ROOT / "terraform" / "examples").iterdir())
REGISTRY = "registry.terraform.io"
READ_BY_A_PLAN = {
    "google_project": "cloudresourcemanager.googleapis.com",
    "google_storage_bucket": "storage.googleapis.com",
    "google_storage_project_service_account": "storage.googleapis.com",
}
"""Data sources and the APIs that they ask, which are on before Terraform can enable any."""


def test_style(terraform: None) -> None:
    Copy(ROOT, clean_environment()).terraform("fmt", "-check", "-recursive", "-diff")


def test_the_provider_knows_all_that_is_said(topology: Copy) -> None:
    said = json.loads(topology.terraform("validate", "-json"))
    assert (said["valid"], said["diagnostics"]) == (True, [])


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_can_be_planned(example: str, topology: Copy, tmp_path: Path) -> None:
    copy, module = topology.to(tmp_path / "copy"), f"terraform/examples/{example}"
    with_a_local_state = copy.folder / module / "backend_override.tf"
    with_a_local_state.write_text('terraform {\n  backend "local" {}\n}\n')
    copy.init(module)
    services = copy.plan(module=module).services()
    assert sorted(services) == FUNCTIONS
    on_gpu = {name for name, service in services.items() if service.gpu}
    assert on_gpu == ({"transcribe", "diarize"} if example == "gpu" else set())


def test_what_was_applied_needs_no_change(topology: Copy, tmp_path: Path) -> None:
    copy = topology.to(tmp_path / "copy")
    planned = len(copy.plan().resources)
    assert f"{planned} added, 0 changed, 0 destroyed" in copy.terraform(
        "apply", "-no-color", str(copy.folder / "plan")
    )
    again = copy.plan()
    assert len(again.resources) == planned
    changes = [change["change"]["actions"] for change in again.document["resource_changes"]]
    assert all(actions == ["no-op"] for actions in changes)
    assert (
        again.one("eventarc_trigger").values["destination"][0]["workflow"]
        == outputs(copy)["workflow"]
    )
    assert set(outputs(copy)["services"]) == set(FUNCTIONS)


def outputs(copy: Copy) -> dict[str, Any]:
    return {
        name: output["value"]
        for name, output in json.loads(copy.terraform("output", "-json")).items()
    }


def test_the_registry_can_be_made_before_there_are_images(topology: Copy, tmp_path: Path) -> None:
    only = ("-target=google_artifact_registry_repository.images",)
    copy = topology.to(tmp_path / "copy")
    given = [f"-var={name}={GIVEN[name]}" for name in ("project_id", "region")]
    copy.terraform("apply", "-input=false", "-no-color", "-auto-approve", *only, *given)
    assert outputs(copy)["repository"] == f"{REGION}-docker.pkg.dev/{PROJECT}/dropscribe"
    with pytest.raises(Refused, match="images names none for dropscribe-transcribe"):
        copy.terraform("plan", "-input=false", "-no-color", *given)


@pytest.mark.slow  # test_topology checks the plans with each change
def test_terraforms_own_tests(topology: Copy, tmp_path: Path) -> None:
    said = topology.to(tmp_path / "copy").terraform("test", "-no-color")
    assert " 0 failed" in said and "skip" not in said


@pytest.mark.parametrize("page", ["README.md", "docs/deploy.md", "terraform/README.md"])
def test_a_first_plan_finds_the_apis_that_it_needs(page: str) -> None:
    (command,) = re.findall(r"gcloud services enable (cloudresourcemanager[a-z. ]+)", text_of(page))
    sources = (ROOT / "terraform").rglob("*.tf")
    read = {kind for file in sources for kind in re.findall(r'(?m)^data "(\w+)"', file.read_text())}
    needed = {READ_BY_A_PLAN[kind] for kind in read} | {"serviceusage.googleapis.com"}
    assert set(command.split()) == needed


def text_of(page: str) -> str:
    return (ROOT / page).read_text()


@pytest.mark.parametrize("kind", ["variable", "output"])
def test_the_page_tells_of_each(kind: str) -> None:
    here = ROOT / "terraform"
    declared = re.findall(rf'^{kind} "(\w+)"', (here / f"{kind}s.tf").read_text(), re.M)
    section = (
        (here / "README.md").read_text().partition(f"## {kind.title()}s\n")[2].partition("\n## ")[0]
    )
    told = [
        name
        for row in re.findall(r"^\| (`.*?) \|", section, re.M)
        for name in re.findall(r"`(\w+)`", row)
    ]
    assert sorted(told) == sorted(declared)


def test_the_real_provider_agrees(terraform: None, tmp_path: Path) -> None:
    """Where its registry answers: its schema, and terraform's tests, which need no credentials."""
    try:
        socket.create_connection((REGISTRY, 443), timeout=5).close()
    except OSError as error:
        pytest.skip(f"{REGISTRY} does not answer: {error}")
    cache = Path(os.environ.get("TF_PLUGIN_CACHE_DIR", tmp_path / "plugins"))
    cache.mkdir(exist_ok=True)
    copy = copied(tmp_path / "copy", {**clean_environment(), "TF_PLUGIN_CACHE_DIR": str(cache)})
    copy.init()
    assert json.loads(copy.terraform("validate", "-json"))["valid"]
    assert " 0 failed" in copy.terraform("test", "-no-color")
