"""The OpenAPI document is complete, and the committed copy is current."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from functions.gateway.app import TAGS, create_app
from functions.gateway.examples import EXAMPLES
from functions.gateway.generate import (
    DOCUMENT,
    PROBLEMS,
    generated_document,
    generated_problems,
)
from tests.suites import ROOT

SPECTRAL = ROOT / "build" / "openapi" / "node_modules" / ".bin" / "spectral"
PAGE = ROOT / "docs" / "api.md"
RULES = Path(__file__).parent / "spectral.yaml"
COMPONENTS: dict[str, Any] = create_app().openapi()["components"]["schemas"]


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields each operation with its method and path."""
    for path, item in create_app().openapi()["paths"].items():
        for method, operation in item.items():
            yield f"{method.upper()} {path}", operation


OPERATIONS = dict(operations())
each_operation = pytest.mark.parametrize("operation", OPERATIONS.values(), ids=OPERATIONS)


def bodies(operation: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yields the schemas of what the operation takes and answers as JSON. A transcript has none:
    its format is the caller's choice."""
    holders = [*operation["responses"].values()]
    if "requestBody" in operation:
        holders.append(operation["requestBody"])
    for holder in holders:
        content = holder.get("content", {})
        if "schema" in content.get("application/json", {}):
            yield content["application/json"]["schema"]


def test_the_committed_copy_is_current() -> None:
    assert DOCUMENT.read_text() == generated_document(), "python -m functions.gateway.generate"


def test_the_page_of_problems_is_current() -> None:
    assert PROBLEMS.read_text() == generated_problems(), "python -m functions.gateway.generate"


@each_operation
def test_an_operation_is_described(operation: dict[str, Any]) -> None:
    declared = {tag["name"] for tag in TAGS}
    assert len(operation["tags"]) == 1 and operation["tags"][0] in declared
    assert operation["description"].strip().endswith(".")
    for status, response in operation["responses"].items():
        assert response["description"] not in ("Successful Response", ""), status


def test_names_of_operations_are_names_for_methods_of_clients() -> None:
    names = [operation["operationId"] for operation in OPERATIONS.values()]
    assert len(set(names)) == len(names)
    assert [name for name in names if not re.fullmatch(r"[a-z]+(_[a-z]+)*", name)] == []


def test_every_route_is_on_the_page() -> None:
    """HEAD is left out: it is what GET is, without the body."""
    table = PAGE.read_text().partition("## Address and key")[0]
    listed = re.findall(r"^\| `([A-Z]+ [^`]+)` \|", table, re.MULTILINE)
    declared = {re.sub(r"\{\w+\}", "{id}", name) for name in OPERATIONS}
    assert set(listed) == {name for name in declared if not name.startswith("HEAD ")}


@each_operation
def test_a_json_body_has_an_example(operation: dict[str, Any]) -> None:
    for schema in bodies(operation):
        name = schema.get("$ref", "").rpartition("/")[2]
        assert name in EXAMPLES or "examples" in schema, schema


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_a_body_of_its_schema(name: str) -> None:
    document = {**COMPONENTS[name], "components": {"schemas": COMPONENTS}}
    jsonschema.validate(EXAMPLES[name], document, format_checker=jsonschema.FormatChecker())


@pytest.mark.skipif(not SPECTRAL.exists(), reason="spectral is not installed (make clients)")
def test_a_linter_of_others_finds_nothing(tmp_path: Path) -> None:
    assert shutil.which("node"), "spectral needs node"
    file = tmp_path / "openapi.json"
    file.write_text(generated_document())
    command = [str(SPECTRAL), "lint", "--format=json", "--fail-severity=hint", "--quiet"]
    done = subprocess.run(
        [*command, "--ruleset", str(RULES), str(file)], capture_output=True, text=True, timeout=120
    )
    assert json.loads(done.stdout) == [], done.stderr
    assert done.returncode == 0
