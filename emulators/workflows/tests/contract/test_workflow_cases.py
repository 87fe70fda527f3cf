"""The runner passes the conformance cases written from Google's public documentation."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from emulators.workflows.errors import SourceError, WorkflowError
from emulators.workflows.tests.echo import EchoServer, serve_echo
from emulators.workflows.tests.running import run_workflow

CASES = json.loads(Path(__file__).with_name("workflow_cases.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def echo() -> Iterator[EchoServer]:
    with serve_echo() as server:
        yield server


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_case(case: dict[str, Any], echo: EchoServer) -> None:
    argument = next(iter(case["argument"].values()), None)
    environment = {"BASE": echo.url, "GOOGLE_CLOUD_PROJECT_ID": "p1"}
    if case["expect"] == "<error>":
        with pytest.raises((WorkflowError, SourceError)):
            run_workflow(case["workflow"], argument, environment)
        return
    result = run_workflow(case["workflow"], argument, environment)
    if case["expect"] != "<any>":
        assert result == case["expect"]
        assert type(result) is type(case["expect"])
