"""A query parameter that a route does not have is refused by its name, and never without effect."""

from collections.abc import Iterator

import httpx
import pytest

from functions.gateway.deployment import Deployment
from tests.support.gateway import gateway_client, key_headers, memory_deployment

JOB = "/api/v1/jobs/00000000000000000000"


@pytest.fixture(scope="module")
def stores() -> Deployment:
    return memory_deployment()


@pytest.fixture(scope="module")
def client(stores: Deployment) -> Iterator[httpx.Client]:
    with gateway_client(stores) as client:
        client.headers.update(key_headers(stores))
        yield client


def refusal(answer: httpx.Response) -> str:
    """Returns what is wrong with a request that was refused for its parameters."""
    assert answer.status_code == 422, answer.text
    detail: str = answer.json()["detail"]
    return detail


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/api/v1/jobs?stat=failed", "query.stat: There is no such parameter. Did you mean state?"),
        ("/api/v1/jobs?State=done", "query.State: There is no such parameter. Did you mean state?"),
        ("/api/v1/metrics/?zebra=1", "query.zebra: There is no such parameter."),
        ("/api/v1/keys?limit=1", "query.limit: There is no such parameter."),
        (
            f"{JOB}/transcript?formt=srt",
            "query.formt: There is no such parameter. Did you mean format?",
        ),
        ("/api/v1/jobs?state=done&state=failed", "query.state: It is given more than once."),
        (f"/api/v1/jobs?{'x' * 99}=1", f"query.{'x' * 64}: There is no such parameter."),
    ],
)
def test_a_parameter_without_effect_is_refused(
    client: httpx.Client, path: str, expected: str
) -> None:
    assert refusal(client.get(path)) == expected


def test_nothing_is_done_for_a_request_with_such_a_parameter(client: httpx.Client) -> None:
    body = {"name": "Anna", "scopes": ["read"]}
    before = client.get("/api/v1/keys").json()
    assert "expires" in refusal(client.post("/api/v1/keys?expires=2026-01-01", json=body))
    assert client.get("/api/v1/keys").json()["keys"] == before["keys"]


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/jobs?state=done&limit=3&prefix=",
        f"{JOB}/transcript?format=srt&caption-lines=1",
        f"{JOB}/transcript?format=srt&caption_lines=1",
        "/api/v1/jobs?",
        "/v1/models?api-version=2024-02-01",
        "/health/live?cache=no",
    ],
)
def test_parameters_of_the_route_and_of_other_dialects_are_taken(
    client: httpx.Client, path: str
) -> None:
    assert client.get(path).status_code in (200, 404)
