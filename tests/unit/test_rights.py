"""The table of rights equals its file and its page, and the code needs no more rights."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from local.layout import FUNCTIONS, STAGES

ROOT = Path(__file__).parents[2]
RIGHTS: dict[str, dict[str, Any]] = yaml.safe_load((ROOT / "docs" / "rights.yaml").read_text())


def row(name: str, rights: dict[str, Any]) -> str:
    buckets = [bucket_cell(rights, bucket) for bucket in ("inbox", "work", "outbox")]
    workflow = "executions" if rights.get("workflow") else ""
    job_events = "publish" if rights.get("publishes") else ""
    calls = ", ".join(rights.get("calls", []))
    cells = [
        name,
        *buckets,
        rights.get("documents", ""),
        calls,
        workflow,
        job_events,
        rights["why"],
    ]
    return "| " + " | ".join(cells) + " |"


def bucket_cell(rights: dict[str, Any], bucket: str) -> str:
    access = rights.get("buckets", {}).get(bucket, "")
    cell = [access]
    if bucket in rights.get("reads", {}):
        cell.append(f"read {rights['reads'][bucket]}")
    if bucket in rights.get("writes", {}):
        cell.append(f"write {rights['writes'][bucket]}")
    if bucket in rights.get("deletes", {}):
        cell.append(f"delete {rights['deletes'][bucket]}")
    return ", ".join(cell)


def test_the_page_shows_the_table() -> None:
    page = (ROOT / "SECURITY.md").read_text()
    shown = page.partition("<!-- rights -->\n")[2].partition("<!-- /rights -->")[0].splitlines()[2:]
    assert shown == [row(name, rights) for name, rights in RIGHTS.items()]


def test_every_function_has_an_identity_of_its_own() -> None:
    assert set(RIGHTS) == {*FUNCTIONS, "workflow", "trigger", "scheduler", "push"}


def test_the_workflow_calls_exactly_the_stages() -> None:
    called = set(
        re.findall(r'stage: "(\w+)"', (ROOT / "workflows" / "transcription.yaml").read_text())
    )
    assert called == set(RIGHTS["workflow"]["calls"]) == set(STAGES)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_a_functions_own_code_names_no_bucket_that_it_may_not_use(function: str) -> None:
    """The shell's use of the work bucket aside, which is every stage's."""
    source = "".join(path.read_text() for path in (ROOT / "functions" / function).rglob("*.py"))
    named = {bucket for bucket in ("inbox", "outbox") if f"settings().buckets.{bucket}" in source}
    named |= {"inbox"} if ".original()" in source or "source.uri" in source else set()
    assert named <= set(RIGHTS[function].get("buckets", {})), "it would be refused on Google"


def wired(function: str) -> set[str]:
    """Returns the makers of stores and clients that a function's modules import."""
    names = set()
    for path in (ROOT / "functions" / function).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module == "shared.runtime.wiring":
                names |= {alias.name for alias in node.names}
    return names


@pytest.mark.parametrize("function", FUNCTIONS)
def test_only_who_may_start_executions_does(function: str) -> None:
    assert ("executions" in wired(function)) == bool(RIGHTS[function].get("workflow"))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_only_who_may_publish_does(function: str) -> None:
    assert ("event_publisher" in wired(function)) == bool(RIGHTS[function].get("publishes"))


@pytest.mark.parametrize("function", FUNCTIONS)
def test_only_who_may_read_the_secret_of_webhooks_does(function: str) -> None:
    assert ("webhook_store" in wired(function)) == bool(RIGHTS[function].get("webhook_secret"))


def test_no_other_function_publishes() -> None:
    assert {name for name, rights in RIGHTS.items() if rights.get("publishes")} == {
        "finalize",
        "gateway",
        "reconcile",
    }
