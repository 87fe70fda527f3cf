"""GitHub deploys from one branch, with the roles that a plan needs, and without a key."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.linters import linter
from tests.terraform.copies import PROJECT, REGION, ROOT, Copy, clean_environment

HERE = ROOT / "docs" / "github"
WORKFLOW = HERE / "deploy.yaml"
REPOSITORY = "acme/speech"
DEPLOYER = ROOT / "docs" / "deployer.yaml"
BUILDS = "roles/cloudbuild.builds.editor"


@pytest.fixture(scope="module")
def identity(
    environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """The plan of identity.tf, as `terraform show -json` gives it."""
    docs = tmp_path_factory.mktemp("docs")
    folder = docs / "github"
    folder.mkdir()
    shutil.copy(HERE / "identity.tf", folder)
    shutil.copy(DEPLOYER, docs)
    copy = Copy(folder, environment)
    copy.init(module=".")
    given = {"project_id": PROJECT, "region": REGION, "repository": REPOSITORY}
    variables = [f"-var={name}={value}" for name, value in given.items()]
    file = str(folder / "plan")
    copy.terraform("plan", "-input=false", "-no-color", f"-out={file}", *variables, module=".")
    document: dict[str, Any] = json.loads(copy.terraform("show", "-json", file, module="."))
    return document


def planned(identity: dict[str, Any], address: str) -> list[dict[str, Any]]:
    """Returns the values of the resources of an address, whatever their key."""
    changes = identity["resource_changes"]
    found = [each for each in changes if each["address"].partition("[")[0] == address]
    return [each["change"]["after"] for each in found]


def test_the_deployer_has_the_roles_that_a_plan_and_a_build_need(identity: dict[str, Any]) -> None:
    given = {each["role"] for each in planned(identity, "google_project_iam_member.deployer")}
    needed = yaml.safe_load(DEPLOYER.read_text())["project"]
    assert given == {*needed, BUILDS}


def role_of(member: dict[str, Any]) -> str:
    return str(member["role"]).removeprefix("roles/")


def test_the_builder_pushes_and_reads_only_sources(identity: dict[str, Any]) -> None:
    given = {role_of(each) for each in planned(identity, "google_project_iam_member.builder")}
    assert given == {"artifactregistry.writer", "logging.logWriter"}
    (reads,) = planned(identity, "google_storage_bucket_iam_member.sources")
    assert reads["bucket"] == f"{PROJECT}_cloudbuild"  # the name that gcloud chooses


def test_only_one_branch_of_one_repository_gets_in(identity: dict[str, Any]) -> None:
    (provider,) = planned(identity, "google_iam_workload_identity_pool_provider.github")
    assert provider["attribute_condition"] == (
        f"assertion.repository == '{REPOSITORY}' && assertion.ref == 'refs/heads/main'"
    )
    (oidc,) = provider["oidc"]
    assert oidc["issuer_uri"] == "https://token.actions.githubusercontent.com"
    assert not any("key" in each["type"] for each in identity["resource_changes"])


def test_the_workflow_reads_the_variables_that_are_output(identity: dict[str, Any]) -> None:
    expression = identity["configuration"]["root_module"]["outputs"]["variables"]["expression"]
    text = (HERE / "identity.tf").read_text().partition('output "variables"')[2]
    names = set(re.findall(r"^    ([A-Z]+) +=", text, re.M))
    assert expression["references"]
    assert set(re.findall(r"vars\.(\w+)", WORKFLOW.read_text())) == names


def test_the_workflow_uses_an_identity_and_no_key() -> None:
    workflow = yaml.safe_load(WORKFLOW.read_text())
    assert workflow["permissions"] == {"contents": "read", "id-token": "write"}
    text = WORKFLOW.read_text()
    assert "workload_identity_provider" in text
    assert "credentials_json" not in text and "secrets." not in text


def test_github_accepts_the_workflow() -> None:
    linter("actionlint")(str(WORKFLOW))
    linter("check-jsonschema")("--builtin-schema", "vendor.github-workflows", str(WORKFLOW))


def test_style(terraform: None, tmp_path: Path) -> None:
    shutil.copy(HERE / "identity.tf", tmp_path)
    Copy(tmp_path, clean_environment()).terraform("fmt", "-check", "-diff", module=".")
