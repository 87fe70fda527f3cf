"""A request needs a valid key with the right scope, in a header or as a session's cookie."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from fastapi import FastAPI

from functions.gateway.access import Eraser, Reader
from functions.gateway.app import create_app
from functions.gateway.deployment import Deployment, deployment
from shared.adapters.memory import MemoryDocuments
from shared.jobs.key_store import KeyStore
from shared.model.errors import JobStoreUnavailable
from shared.ports.documents import Document
from tests.support.gateway import InProcess, key_headers, memory_deployment

UNKNOWN = f"ds_{'0' * 64}"


class FailingDocuments(MemoryDocuments):
    """A database that does not answer while it is away."""

    def __init__(self) -> None:
        super().__init__()
        self.is_away = False
        self.reads = 0

    def get(self, path: str) -> tuple[Document, object] | None:
        self.reads += 1
        if self.is_away:
            raise JobStoreUnavailable("away")
        return super().get(path)


@pytest.fixture
def documents() -> FailingDocuments:
    return FailingDocuments()


@pytest.fixture
def stores(documents: FailingDocuments) -> Deployment:
    return memory_deployment(documents)


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
    bearer = {"Authorization": f"bearer {secret}"}
    for headers in (bearer, {"X-API-Key": secret}, {**bearer, "X-API-Key": secret}):
        answer = client.get("/things", headers=headers)
        assert (answer.status_code, answer.json()) == (200, "team-a/")


def test_two_different_keys_are_refused(client: httpx.Client, stores: Deployment) -> None:
    headers = key_headers(stores)
    answer = client.get("/things", headers={**headers, "X-API-Key": UNKNOWN})
    assert (answer.status_code, answer.json()["type"]) == (
        400,
        "urn:dropscribe:problem:key-misplaced",
    )
    _, secret = stores.keys.create("test", ("read",), "", None)
    twice = [("X-API-Key", secret), ("X-API-Key", UNKNOWN)]
    assert client.get("/things", headers=twice).status_code == 400


def test_a_token_for_a_proxy_is_no_key(client: httpx.Client, stores: Deployment) -> None:
    _, secret = stores.keys.create("test", ("read",), "", None)
    for other in ("Bearer eyJhbGciOi.SIGNATURE_REMOVED_BY_GOOGLE", "Basic dTpw"):
        headers = {"Authorization": other, "X-API-Key": secret}
        assert client.get("/things", headers=headers).status_code == 200
        assert client.get("/things", headers={"Authorization": other}).status_code == 401


WRONG_KEYS = ["", "ds_", UNKNOWN, UNKNOWN.upper(), f"{UNKNOWN}0", "ds_../x", "\u00e4", "x" * 10_000]


@pytest.mark.parametrize("key", WRONG_KEYS)
def test_all_wrong_keys_are_answered_alike(client: httpx.Client, key: str) -> None:
    answers = []
    for wrong in (key, UNKNOWN):
        headers = {b"X-API-Key": wrong.encode("latin-1")}
        answers.append(client.get("/things", headers=headers))
    assert [answer.status_code for answer in answers] == [401, 401]
    assert answers[0].json() == answers[1].json()


def test_a_key_without_the_form_of_one_is_not_looked_up(
    client: httpx.Client, documents: FailingDocuments
) -> None:
    client.get("/things", headers={"X-API-Key": "guess"})
    assert documents.reads == 0


def test_a_scope_that_is_missing_is_named(client: httpx.Client, stores: Deployment) -> None:
    answer = client.delete("/things", headers=key_headers(stores, ("read", "write", "admin")))
    assert answer.status_code == 403
    assert "'erase'" in answer.json()["detail"]


IN_URL = [
    f"/things?cursor={UNKNOWN}",
    f"/things/{UNKNOWN}",
    f"/health/live?x={UNKNOWN}",
    f"/things?x=d%73_{'0' * 64}",
    "/things?key=1",
    "/things?api_key=1",
    "/things?X-API-Key=1",
    "/things?limit=1&token=",
    "/things?access_token=abc",
    "/things?limit=1;Authorization=Bearer",
]


@pytest.mark.parametrize("address", IN_URL)
def test_a_key_in_the_url_is_refused_and_not_logged(
    client: httpx.Client, stores: Deployment, caplog: pytest.LogCaptureFixture, address: str
) -> None:
    with caplog.at_level("DEBUG", logger="functions"), caplog.at_level("DEBUG", logger="shared"):
        answer = client.get(address, headers=key_headers(stores))
    assert (answer.status_code, answer.json()["type"]) == (
        400,
        "urn:dropscribe:problem:key-misplaced",
    )
    ours = [record.getMessage() for record in caplog.records if record.name != "httpx"]
    assert UNKNOWN not in answer.text and UNKNOWN not in "".join(ours)


def test_parameters_that_are_no_keys_pass(client: httpx.Client, stores: Deployment) -> None:
    address = "/things?prefix=keys/&cursor=token&limit=1&key_id=1"
    assert client.get(address, headers=key_headers(stores)).status_code == 200


def test_a_database_that_is_away_is_no_wrong_key(
    client: httpx.Client, stores: Deployment, documents: FailingDocuments
) -> None:
    headers = key_headers(stores)
    documents.is_away = True
    answer = client.get("/things", headers=headers)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0


def test_a_key_expires_at_once(app: FastAPI, client: httpx.Client, stores: Deployment) -> None:
    now = [1_800_000_000.0]
    keys = KeyStore(stores.keys.documents, lambda: now[0])
    app.dependency_overrides[deployment] = lambda: replace(stores, keys=keys)
    _, secret = keys.create("test", ("read",), "", keys.now() + timedelta(seconds=10))
    assert client.get("/things", headers={"X-API-Key": secret}).status_code == 200
    now[0] += 10
    assert client.get("/things", headers={"X-API-Key": secret}).status_code == 401


def test_a_use_that_cannot_be_recorded_fails_no_request(
    app: FastAPI, client: httpx.Client, stores: Deployment
) -> None:
    class UnwritableKeys(KeyStore):
        def record_use(self, digest: str) -> None:
            raise JobStoreUnavailable("read only")

    keys = UnwritableKeys(stores.keys.documents, stores.keys.clock)
    app.dependency_overrides[deployment] = lambda: replace(stores, keys=keys)
    assert client.get("/things", headers=key_headers(stores)).status_code == 200
