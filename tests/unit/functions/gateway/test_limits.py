"""Too many requests are refused before a body is read, with the time when to come back."""

import asyncio
from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI
from starlette.types import Message, Receive

from functions.gateway.app import create_app
from functions.gateway.deployment import Deployment, deployment
from functions.gateway.limits import MAX_CALLERS, WRONG_KEYS, Limits, RequestLimit
from shared.model.errors import TooManyRequests
from tests.support.gateway import InProcess, key_headers, memory_deployment

ME = "/api/v1/keys/me"


class Ticks:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def stores() -> Deployment:
    return memory_deployment()


@pytest.fixture
def app(stores: Deployment) -> FastAPI:
    app = create_app()
    app.dependency_overrides[deployment] = lambda: stores
    return app


@pytest.fixture
def client(app: FastAPI) -> Iterator[httpx.Client]:
    with httpx.Client(transport=InProcess(app), base_url="http://gateway") as client:
        yield client


def test_the_limit_says_when_it_ends() -> None:
    clock = Ticks()
    limit = RequestLimit(2, clock)
    for _ in range(2):
        limit.check("a")
        limit.count("a")
    clock.now = 20.5
    with pytest.raises(TooManyRequests) as refused:
        limit.check("a")
    assert refused.value.retry_after == 40
    limit.check("b")
    clock.now = 60
    limit.check("a")


def test_many_callers_take_no_more_memory() -> None:
    limit = RequestLimit(1, Ticks())
    for number in range(MAX_CALLERS + 5):
        limit.count(str(number))
    limit.check("4")
    with pytest.raises(TooManyRequests):
        limit.check("5")


def test_each_key_has_a_limit_of_its_own(
    app: FastAPI, client: httpx.Client, stores: Deployment
) -> None:
    app.state.limits = Limits(requests_per_minute=3, streams_per_key=1)
    first, second = key_headers(stores), key_headers(stores)
    statuses = [client.get(ME, headers=first).status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]
    refused = client.get(ME, headers=first)
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
    assert client.get(ME, headers=second).status_code == 200


def test_wrong_keys_from_an_address_lock_out_no_key_in_use(
    app: FastAPI, client: httpx.Client, stores: Deployment
) -> None:
    in_use = key_headers(stores)
    assert client.get(ME, headers=in_use).status_code == 200
    statuses = []
    for number in range(WRONG_KEYS + 1):
        wrong = {"X-API-Key": f"ds_{number:064x}"}
        statuses.append(client.get(ME, headers=wrong).status_code)
    assert statuses == [401] * WRONG_KEYS + [429]
    assert client.get(ME, headers=in_use).status_code == 200
    assert client.post("/api/v1/login", json={"key": "guess"}).status_code == 429
    assert client.get("/health/live").status_code == 200
    new = key_headers(stores)
    assert client.get(ME, headers=new).status_code == 429
    elsewhere = httpx.ASGITransport(app, client=("192.0.2.7", 1))
    assert status_from(elsewhere, new) == 200


def status_from(transport: httpx.ASGITransport, headers: dict[str, str]) -> int:
    """Returns the status of a request from the transport's address."""

    async def ask() -> int:
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
            answer = await client.get(ME, headers=headers)
            return answer.status_code

    return asyncio.run(ask())


async def unreadable() -> Message:
    raise AssertionError("the body was read")


def status_of(
    app: FastAPI, path: str, headers: dict[str, str], receive: Receive = unreadable
) -> int:
    """Returns the status of a POST. By default its body must not be read."""
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    scope = {
        "type": "http",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"gateway"), (b"content-type", b"application/json"), *raw],
        "scheme": "http",
        "server": ("gateway", 80),
        "client": ("192.0.2.1", 1),
    }
    statuses = []

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    asyncio.run(app(scope, receive, send))
    (status,) = statuses
    return int(status)


@pytest.mark.parametrize("path", ["/api/v1/keys", "/api/v1/jobs/upload", "/no/such/path"])
def test_a_request_is_refused_before_its_body_is_read(
    app: FastAPI, stores: Deployment, path: str
) -> None:
    wrong = {"X-API-Key": f"ds_{'0' * 64}"}
    assert status_of(app, path, {}) == 401
    assert status_of(app, path, {"Content-Length": "999999999"}) == 401
    assert status_of(app, path, wrong) == 401
    assert status_of(app, f"{path}/%2e%2e", key_headers(stores)) == 404
    app.state.limits = Limits(0, 1)
    assert status_of(app, path, key_headers(stores)) == 429


@pytest.mark.parametrize("length", ["262145", "9" * 30, "-1", "1e3", "abc"])
def test_a_body_that_says_it_is_too_large_is_not_read(
    app: FastAPI, stores: Deployment, length: str
) -> None:
    headers = {**key_headers(stores), "Content-Length": length}
    assert status_of(app, "/api/v1/keys", headers) == 413


def test_a_body_that_does_not_say_its_length_is_cut_off(app: FastAPI, stores: Deployment) -> None:
    received = 0

    async def endless() -> Message:
        nonlocal received
        received += 1000
        return {"type": "http.request", "body": b" " * 1000, "more_body": received < 10_000_000}

    assert status_of(app, "/api/v1/keys", key_headers(stores), endless) == 413
    assert received == 263_000


def test_the_body_of_a_login_has_a_limit_too(client: httpx.Client) -> None:
    answer = client.post("/api/v1/login", content=b" " * 262_145)
    assert answer.status_code == 413


def test_a_deep_body_is_refused(client: httpx.Client, stores: Deployment) -> None:
    headers = {**key_headers(stores), "Content-Type": "application/json"}
    for body in ("[" * 100_000, '{"name":' * 20_000 + "1" + "}" * 20_000):
        assert client.post("/api/v1/keys", headers=headers, content=body).status_code in (400, 422)
