"""reconcile over HTTP, as functions-framework loads it, with stores in memory."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[4]
SEND_REQUEST = """
import json, sys
from functions_framework import create_app

client = create_app("main", "functions/reconcile/main.py").test_client()
reply = client.open("/", method=sys.argv[1], data=sys.argv[2])
print(json.dumps([reply.status_code, reply.mimetype, reply.get_json(force=True)]))
"""
"""Runs in a process of its own, since what the module registers for forks cannot be undone."""
STORES = {
    "DROPSCRIBE_BLOB_STORE": "shared.adapters.memory:MemoryBlobs",
    "DROPSCRIBE_JOB_DOCUMENTS": "shared.adapters.memory:MemoryDocuments",
    "DROPSCRIBE_EXECUTIONS": "builtins:object",
}


def response_to(
    body: str, method: str = "POST", **environment: str
) -> tuple[int, str, dict[str, Any]]:
    """Returns the status, media type and body of the response."""
    inherited = {
        name: value for name, value in os.environ.items() if not name.startswith("DROPSCRIBE_")
    }
    command = (sys.executable, "-c", SEND_REQUEST, method, body)
    completed = subprocess.run(
        command,
        cwd=ROOT,
        env={**inherited, **STORES, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert completed.returncode == 0, completed.stderr
    status, mimetype, result = json.loads(completed.stdout)
    return status, mimetype, result


@pytest.mark.parametrize("body", ["", "{}", '{"unanswered_after": 0}'])
def test_a_sweep_responds_with_what_it_did(body: str) -> None:
    status, mimetype, result = response_to(body)
    assert (status, mimetype) == (200, "application/json")
    counts = (
        "objects",
        "started",
        "given_up",
        "failed",
        "published",
        "audio_deletions",
        "drawings",
    )
    assert result == {**dict.fromkeys(counts, 0), "more": False}


def test_get_is_a_health_check() -> None:
    assert response_to("", "GET") == (
        200,
        "application/json",
        {"status": "ok", "name": "reconcile"},
    )


def test_an_invalid_body_is_rejected() -> None:
    status, _, result = response_to('{"unanswered_after": -1}')
    assert (status, result["type"]) == (400, "urn:dropscribe:problem:bad-request")


@pytest.mark.parametrize(
    "store", ["builtins:object", "no_such_module:Blobs"], ids=["when it is used", "when it is made"]
)
def test_a_bug_is_returned_as_a_problem(store: str) -> None:
    status, mimetype, result = response_to("{}", DROPSCRIBE_BLOB_STORE=store)
    assert (status, mimetype) == (500, "application/problem+json")
    assert result == {
        "type": "urn:dropscribe:problem:bug",
        "title": "A bug in Dropscribe.",
        "status": 500,
        "detail": "The log holds the traceback.",
        "stage": "reconcile",
    }
