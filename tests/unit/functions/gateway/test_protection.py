"""Every response has headers that protect it, and odd hosts, paths and headers get nowhere."""

import asyncio
from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI, Request
from starlette.types import Message, Receive

from functions.gateway.app import create_app
from functions.gateway.deployment import Deployment, deployment
from functions.gateway.limits import address_of
from functions.gateway.problems import add_problem_handlers
from functions.gateway.proxies import TrustedProxies
from functions.gateway.request_checks import (
    SLOWEST,
    BodyLimit,
    RequestChecks,
    TimedBody,
    check_path,
    is_length_over,
)
from functions.gateway.response_headers import HEADERS
from shared.model.errors import NotFound
from shared.settings import settings
from tests.support.gateway import InProcess, key_headers, memory_deployment


@pytest.fixture
def stores() -> Deployment:
    return memory_deployment()


@pytest.fixture
def app(stores: Deployment) -> FastAPI:
    app = create_app()
    app.dependency_overrides[deployment] = lambda: stores

    @app.get("/health/live/bug")
    def fail() -> None:
        raise RuntimeError("a secret")

    return app


@pytest.fixture
def client(app: FastAPI) -> Iterator[httpx.Client]:
    with httpx.Client(transport=InProcess(app), base_url="http://gateway") as client:
        yield client


PATHS = ["/health/live", "/api/v1/keys", "/a/%2e%2e", "/things?key=x", "/health/live/bug", "/no"]


@pytest.mark.parametrize("path", PATHS)
def test_every_response_has_the_headers(
    client: httpx.Client, stores: Deployment, path: str
) -> None:
    for headers in ({}, key_headers(stores)):
        answer = client.get(path, headers=headers)
        for name, value in HEADERS.items():
            assert answer.headers.get_list(name) == [value], (path, answer.status_code)


def test_a_bug_is_answered_without_its_message(client: httpx.Client, stores: Deployment) -> None:
    answer = client.get("/health/live/bug", headers=key_headers(stores))
    assert answer.status_code == 500
    assert "secret" not in answer.text
    assert answer.headers["X-Request-Id"]


def test_pages_of_documentation_keep_their_own_policy(client: httpx.Client) -> None:
    (policy,) = client.get("/docs").headers.get_list("Content-Security-Policy")
    assert "default-src 'self'" in policy and "frame-ancestors 'none'" in policy


def test_https_stays_https(client: httpx.Client) -> None:
    name = "Strict-Transport-Security"
    assert name in client.get("https://gateway/health/live").headers
    assert name not in client.get("/health/live").headers


def test_the_id_of_a_request_is_echoed_if_it_may_be_logged(client: httpx.Client) -> None:
    def echoed(sent: str) -> str:
        answer = client.get("/health/live", headers={"X-Request-Id": sent})
        return answer.headers["X-Request-Id"]

    assert echoed("order-77.a_B") == "order-77.a_B"
    for odd in ("a b", "a\tb", '{"severity"', "x" * 101, ""):
        assert echoed(odd) != odd


ODD_PATHS = [
    "/api/v1/keys/%2e%2e",
    "/api/v1/keys/..%2fkeys",
    "/api/v1/keys%2fme",
    "/api/v1//keys/me",
    "//api/v1/keys/me",
    "/api/v1/keys/%6de",
    "/api/v1/keys/me%00",
    "/api/v1/keys/me%0d%0aSet-Cookie:x",
    "/api/v1/keys/me;a=b",
    "/api/v1/keys/a\\b",
    "/docs/files/%2e%2e/%2e%2e/main.py",
]


@pytest.mark.parametrize("path", ODD_PATHS)
def test_an_odd_spelling_of_a_path_leads_nowhere(
    client: httpx.Client, stores: Deployment, path: str
) -> None:
    url = httpx.URL("http://gateway", raw_path=path.encode())
    answer = client.get(url, headers=key_headers(stores))
    assert answer.status_code == 404, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/docs/../keys", "/keys/..", "/./keys", "/keys/...", "keys"])
def test_a_segment_of_dots_is_in_no_path(path: str) -> None:
    with pytest.raises(NotFound):
        check_path({"path": path, "raw_path": path.encode()})


def test_the_header_host_gets_into_no_answer(client: httpx.Client, stores: Deployment) -> None:
    evil = {**key_headers(stores), "Host": "evil.example", "X-Forwarded-Host": "evil.example"}
    for path in ("/api/v1/keys/me", "/api/v1/keys/me/", "/docs", "/docs/", "/openapi.json"):
        answer = client.get(path, headers=evil)
        everything = f"{answer.headers} {answer.text}"
        assert "evil.example" not in everything, path


HOSTS = ("127.0.0.1", "localhost")


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost:1:2", ""])
def test_a_page_of_another_name_cannot_reach_this_address(host: str) -> None:
    guarded = FastAPI()
    guarded.add_middleware(RequestChecks, hosts=HOSTS)
    with httpx.Client(transport=InProcess(guarded), base_url="http://x") as client:
        answer = client.get("/", headers={"Host": host})
        assert (answer.status_code, answer.json()["type"]) == (
            400,
            "urn:dropscribe:problem:wrong-host",
        )
        assert client.get("/", headers={"Host": "localhost:8080"}).status_code == 404


def behind(proxies: int) -> FastAPI:
    """Returns an application behind so many proxies that says what it knows of its caller."""
    app = FastAPI()
    app.add_middleware(TrustedProxies, count=proxies)

    @app.get("/")
    def caller(request: Request) -> list[str]:
        return [address_of(request), request.url.scheme]

    return app


FORWARDED = {"X-Forwarded-For": "6.6.6.6, 192.0.2.1,192.0.2.2", "X-Forwarded-Proto": "https"}


@pytest.mark.parametrize(
    ("proxies", "known"),
    [(0, ["127.0.0.1", "http"]), (1, ["192.0.2.2", "https"]), (2, ["192.0.2.1", "https"])],
)
def test_only_trusted_proxies_say_where_a_request_is_from(proxies: int, known: list[str]) -> None:
    with httpx.Client(transport=InProcess(behind(proxies)), base_url="http://x") as client:
        assert client.get("/", headers=FORWARDED).json() == known


def test_the_addresses_of_one_ipv6_network_count_together() -> None:
    with httpx.Client(transport=InProcess(behind(1)), base_url="http://x") as client:
        for address in ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"):
            answer = client.get("/", headers={"X-Forwarded-For": address})
            assert answer.json()[0] == "2001:db8:1:2::/64"


def test_named_origins_may_call_with_a_key_and_never_with_a_cookie(
    stores: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DROPSCRIBE_CORS_ORIGINS", '["https://page.example"]')
    settings.cache_clear()
    app = create_app()
    settings.cache_clear()
    app.dependency_overrides[deployment] = lambda: stores
    with httpx.Client(transport=InProcess(app), base_url="http://gateway") as client:
        asked = {
            "Origin": "https://page.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type,last-event-id,prefer,"
            "x-stainless-retry-count,x-stainless-runtime-version",
        }
        allowed = client.options("/api/v1/keys", headers=asked)
        assert allowed.status_code == 200
        assert allowed.headers["Access-Control-Allow-Origin"] == "https://page.example"
        assert "Access-Control-Allow-Credentials" not in allowed.headers
        refused = client.options(
            "/api/v1/keys", headers={**asked, "Origin": "https://other.example"}
        )
        assert refused.status_code == 400
        answer = client.get("/api/v1/keys", headers={"Origin": "https://page.example"})
        assert answer.status_code == 401
        assert answer.headers["Access-Control-Allow-Origin"] == "https://page.example"


def test_a_path_or_method_that_is_not_there_is_named(
    client: httpx.Client, stores: Deployment
) -> None:
    headers = key_headers(stores)
    missing = client.get("/api/v1/transcripts", headers=headers).json()
    assert (missing["title"], missing["detail"]) == (
        "Not Found",
        "There is no such path; /openapi.json lists all.",
    )
    other = client.put("/api/v1/jobs", headers=headers)
    assert other.status_code == 405
    assert other.json()["detail"] == f"The path has only {other.headers['Allow']}."


@pytest.mark.parametrize("length", ["9" * 5000, "-1", "1e3", "²", ""])
def test_a_length_that_is_no_number_is_too_large(length: str) -> None:
    header = (b"content-length", length.encode("latin-1"))
    request = Request({"type": "http", "headers": [header]})
    assert is_length_over(request, 100)


async def silence() -> Message:
    """A body that does not begin."""
    await asyncio.Event().wait()
    return {"type": "http.disconnect"}


async def drops() -> Message:
    """A body that never ends, of which a byte comes now and then."""
    await asyncio.sleep(0.001)
    return {"type": "http.request", "body": b" ", "more_body": True}


@pytest.mark.parametrize("receive", [silence, drops])
def test_a_body_that_does_not_arrive_is_given_up(receive: Receive) -> None:
    app = FastAPI()
    app.add_middleware(BodyLimit, max_silence=0.01)
    add_problem_handlers(app)

    @app.post("/body")
    def read(body: dict[str, str]) -> None:
        """Reads JSON."""

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/body", "query_string": b""}
    headers = [(b"content-type", b"application/json"), (b"content-length", b"9")]
    asyncio.run(app({**scope, "headers": headers}, receive, send))
    assert sent[0]["status"] == 400
    assert b"of the body arrived for 0.01 seconds." in sent[1]["body"]


def test_a_body_may_take_long_if_it_goes_on() -> None:
    """All parts together take longer than the time of silence, which each of them gives back."""
    max_silence = 1.0
    parts = 30
    size = int(max_silence * SLOWEST)

    async def read() -> int:
        async def receive() -> Message:
            await asyncio.sleep(max_silence / 20)
            return {"type": "http.request", "body": bytes(size), "more_body": True}

        body = TimedBody(receive, max_silence)
        for _ in range(parts):
            await body()
        return body.received

    assert asyncio.run(read()) == parts * size
