"""The problem that docs/api.md shows is the one that the gateway answers."""

import json
import re
from pathlib import Path

import httpx

from tests.support.gateway import gateway_client, key_headers, memory_deployment
from tests.support.gateway_jobs import done_job

PAGE = Path(__file__).parents[4] / "docs" / "api.md"
WRONG = {"languag": "de"}


def shown_problem() -> dict[str, object]:
    text = PAGE.read_text(encoding="utf-8")
    found = re.search(r"```json\n(\{\"type\".*?)```", text, re.DOTALL)
    assert found is not None
    problem: dict[str, object] = json.loads(found.group(1))
    return problem


def answers() -> dict[str, httpx.Response]:
    """Returns the answers to a wrong option, by the type that the page names for them."""
    stores = memory_deployment()
    job_id = done_job(stores).job_id
    with gateway_client(stores) as client:
        client.headers.update(key_headers(stores))
        request = {"name": "new.wav", "size": 7, "options": WRONG}
        redrive = f"/api/v1/jobs/{job_id}/redrive"
        return {
            "upload-refused": client.post("/api/v1/uploads", json=request),
            "options-refused": client.post(redrive, json={"options": WRONG}),
        }


def test_a_wrong_option_is_answered_as_the_page_says() -> None:
    page = PAGE.read_text(encoding="utf-8")
    for name, answer in answers().items():
        assert answer.status_code == 422
        assert answer.json()["type"] == f"urn:dropscribe:problem:{name}"
        assert f"`{name}`" in page


def test_the_example_is_an_answer() -> None:
    shown = shown_problem()
    answered = answers()["upload-refused"].json()
    start, end = str(shown.pop("detail")).split("…")
    detail = answered.pop("detail")
    assert answered == shown
    assert detail.startswith(start) and detail.endswith(end)
