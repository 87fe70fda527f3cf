"""A request needs a valid key with the right scope, in a header or as a session's cookie."""

from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI

from functions.gateway.access import Eraser, Reader
from functions.gateway.app import create_app
from functions.gateway.deployment import Deployment, deployment
from tests.support.gateway import InProcess, key_headers, memory_deployment


@pytest.fixture
def stores() -> Deployment:
    return memory_deployment()


@pytest.fixture
def app(stores: Deployment) -> FastAPI:
    """A gateway with two routes more, which say who called."""
    app = create_app()
    app.dependency_overrides[deployment] = lambda: stores

    @app.get("/things")
    def read(caller: Reader) -> str:
        return caller.folder

    @app.delete("/things")
    def erase(caller: Eraser) -> str:
        return caller.key_id

    return app


@pytest.fixture
def client(app: FastAPI) -> Iterator[httpx.Client]:
    with httpx.Client(transport=InProcess(app), base_url="http://gateway") as client:
        yield client


def test_a_request_without_a_key_is_refused_with_how_to_send_one(client: httpx.Client) -> None:
    for path in ("/things", "/no/such/path", "/api/v1/jobs"):
        answer = client.get(path)
        assert answer.status_code == 401, path
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert answer.headers["Content-Type"] == "application/problem+json"


def test_a_key_counts_in_either_header(client: httpx.Client, stores: Deployment) -> None:
    _, secret = stores.keys.create("test", ("read",), "team-a/", None)
    for headers in ({"Authorization": f"bearer {secret}"}, {"X-API-Key": secret}):
        answer = client.get("/things", headers=headers)
        assert (answer.status_code, answer.json()) == (200, "team-a/")


def test_a_scope_that_is_missing_is_named(client: httpx.Client, stores: Deployment) -> None:
    answer = client.delete("/things", headers=key_headers(stores, ("read", "write", "admin")))
    assert answer.status_code == 403
    assert "'erase'" in answer.json()["detail"]
