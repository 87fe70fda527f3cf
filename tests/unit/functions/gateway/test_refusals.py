"""Requests that the gateway refuses are counted by reason, for whoever sees the whole inbox."""

from collections.abc import Iterator

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from functions.gateway.app import create_app
from functions.gateway.deployment import Deployment, deployment
from functions.gateway.limits import Limits
from functions.gateway.request_checks import MAX_BODY
from tests.support.gateway import InProcess, key_headers, memory_deployment

REQUESTS = 3
"""That a key has in a minute."""


@pytest.fixture
def stores() -> Deployment:
    return memory_deployment()


@pytest.fixture
def client(stores: Deployment) -> Iterator[httpx.Client]:
    app = create_app()
    app.dependency_overrides[deployment] = lambda: stores
    app.state.limits = Limits(REQUESTS, streams_per_key=1)
    with httpx.Client(transport=InProcess(app), base_url="http://gateway") as client:
        yield client


def counted(client: httpx.Client, stores: Deployment, folder: str = "") -> dict[str, float]:
    """Returns the counts by reason that a new key sees."""
    text = client.get("/metrics", headers=key_headers(stores, ("read",), folder)).text
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == "dropscribe_refused_requests_total":
                found[sample.labels["reason"]] = sample.value
    return found


def test_each_refusal_is_counted_by_its_reason_and_nothing_else_is(
    client: httpx.Client, stores: Deployment
) -> None:
    nothing = {"unauthenticated": 0, "forbidden": 0, "body_too_large": 0, "too_many_requests": 0}
    assert counted(client, stores) == nothing
    client.get("/api/v1/jobs")
    client.get("/v1/models", headers={"Authorization": "Bearer sk-wrong"})
    writer = key_headers(stores, ("write",))
    client.get("/api/v1/jobs", headers=writer)
    client.post("/api/v1/uploads", headers=writer, content=bytes(MAX_BODY + 1))
    client.get("/no-such-path", headers=writer)
    assert client.get("/api/v1/keys/me", headers=writer).status_code == 429
    assert counted(client, stores) == {
        "unauthenticated": 2,
        "forbidden": 1,
        "body_too_large": 1,
        "too_many_requests": 1,
    }


def test_a_key_of_a_folder_does_not_see_what_others_were_refused(
    client: httpx.Client, stores: Deployment
) -> None:
    assert counted(client, stores, "team/") == {}
