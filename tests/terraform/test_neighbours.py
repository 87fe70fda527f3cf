"""Of two deployments in one project, the destruction of one takes nothing from the other."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.terraform.copies import GIVEN, ROOT, Copy

KEY = "projects/keys/locations/europe-west4/keyRings/speech/cryptoKeys/dropscribe"
IDENTITY = (
    "account_id",
    "bucket",
    "collection",
    "crypto_key_id",
    "dashboard_json",
    "database",
    "display_name",
    "field",
    "member",
    "name",
    "project",
    "repository_id",
    "role",
    "role_id",
    "secret",
    "secret_id",
    "service",
    "service_account_id",
    "subscription",
    "topic",
)
"""Attributes that together tell Google which resource is meant."""
Identity = tuple[str, ...]


def deployed(copy: Copy, **given: Any) -> Copy:
    """Applies it, with variables that later commands find by themselves."""
    variables = json.dumps({**GIVEN, "kms_key": KEY, "deletion_protection": False, **given})
    (copy.folder / "terraform" / "terraform.tfvars.json").write_text(variables)
    copy.terraform("apply", "-input=false", "-no-color", "-auto-approve")
    return copy


def resources(copy: Copy) -> dict[str, Identity]:
    """Returns the resources of a deployment's state by their addresses, and what identifies
    them."""
    state = json.loads(copy.terraform("show", "-json"))
    root = state["values"]["root_module"]
    modules = [root, *root.get("child_modules", [])]
    found = {}
    for module in modules:
        for resource in module.get("resources", []):
            if resource["mode"] == "managed":
                found[resource["address"]] = identity(resource)
    return found


def identity(resource: dict[str, Any]) -> Identity:
    values = resource["values"]
    words = [f"{name}={values[name]}" for name in IDENTITY if values.get(name)]
    conditions = [condition["expression"] for condition in values.get("condition") or []]
    fields = json.dumps(values["fields"]) if resource["type"] == "google_firestore_index" else ""
    return (resource["type"], *words, *conditions, fields)


def destroyed_by_make(copy: Copy) -> set[str]:
    """Returns the addresses of what `make destroy` destroys."""
    shutil.copy(ROOT / "Makefile", copy.folder)
    done = subprocess.run(
        ["make", "destroy", "TERRAFORM=terraform -chdir=terraform"],
        cwd=copy.folder, env=copy.environment, input="yes\n", capture_output=True, text=True,
        timeout=900,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    plain = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout)
    return set(re.findall(r"^(\S.*): Destruction complete", plain, re.M))


@pytest.mark.slow  # it applies two deployments
def test_a_destruction_takes_nothing_from_the_neighbour(topology: Copy, tmp_path: Path) -> None:
    first = deployed(topology.to(tmp_path / "first"))
    second = deployed(topology.to(tmp_path / "second"), name="dropscribe-late")
    of_first, of_second = resources(first), resources(second)
    for one in (of_first, of_second):
        assert len(set(one.values())) == len(one), "two resources of one deployment look alike"
    shared = {address for address, what in of_first.items() if what in set(of_second.values())}
    assert {address.partition("[")[0] for address in shared} == {
        "google_project_service.api",
        "google_project_iam_member.eventarc_agent",
        "google_project_iam_member.storage_agent",
        "google_kms_crypto_key_iam_member.agents",
    }
    destroyed = destroyed_by_make(first)
    assert "module.work.google_storage_bucket.this[0]" in destroyed
    taken = {address for address in destroyed & shared if not stays_on(address, second)}
    assert taken == set(), "the neighbour needs them"
    assert set(of_first) - destroyed == shared - destroyed, "all that is its own is gone"
    second.terraform("plan", "-detailed-exitcode", "-input=false", "-no-color")


def stays_on(address: str, copy: Copy) -> bool:
    """Returns whether an API stays enabled when its resource is destroyed."""
    if not address.startswith("google_project_service."):
        return False
    state = json.loads(copy.terraform("show", "-json"))
    services = [
        resource["values"]
        for resource in state["values"]["root_module"]["resources"]
        if resource["address"] == address
    ]
    return [service["disable_on_destroy"] for service in services] == [False]
