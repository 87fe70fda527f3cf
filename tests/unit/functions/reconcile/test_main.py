"""The function as functions-framework loads it, on stores in memory."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[4]
ASK = """
import json, sys
from functions_framework import create_app

client = create_app("main", "functions/reconcile/main.py").test_client()
reply = client.open("/", method=sys.argv[1], data=sys.argv[2])
print(json.dumps([reply.status_code, reply.mimetype, reply.get_json(force=True)]))
"""
"""In a process of its own: what the module registers for forks cannot be taken back."""
STORES = {
    "DROPSCRIBE_BLOB_STORE": "shared.adapters.memory:MemoryBlobs",
    "DROPSCRIBE_JOB_DOCUMENTS": "shared.adapters.memory:MemoryDocuments",
    "DROPSCRIBE_EXECUTIONS": "builtins:object",
}


def asked(body: str, method: str = "POST", **environment: str) -> tuple[int, str, dict[str, Any]]:
    """Returns the answer's status, media type and body."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("DROPSCRIBE_")}
    command = (sys.executable, "-c", ASK, method, body)
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**ours, **STORES, **environment},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    status, mimetype, answer = json.loads(done.stdout)
    return status, mimetype, answer


@pytest.mark.parametrize("body", ["", "{}", '{"unanswered_after": 0}'])
def test_a_sweep_is_answered_with_what_it_did(body: str) -> None:
    status, mimetype, answer = asked(body)
    assert (status, mimetype) == (200, "application/json")
    assert answer == {"objects": 0, "started": 0, "given_up": 0, "announced": 0, "more": False}


def test_get_tells_that_it_is_up() -> None:
    assert asked("", "GET") == (200, "application/json", {"status": "ok"})


def test_a_body_that_is_no_question_is_refused() -> None:
    status, _, answer = asked('{"unanswered_after": -1}')
    assert (status, answer["type"]) == (400, "urn:dropscribe:problem:bad-request")


@pytest.mark.parametrize(
    "store", ["builtins:object", "no_such_module:Blobs"], ids=["at work", "as it is made"]
)
def test_a_bug_is_answered_with_a_problem(store: str) -> None:
    status, mimetype, answer = asked("{}", DROPSCRIBE_BLOB_STORE=store)
    assert (status, mimetype) == (500, "application/problem+json")
    assert answer == {
        "type": "urn:dropscribe:problem:bug",
        "title": "A bug in Dropscribe.",
        "status": 500,
        "detail": "The log holds the traceback.",
        "stage": "reconcile",
    }
