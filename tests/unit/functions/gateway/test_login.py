"""A page stays logged in by a cookie that no script and no other site can use."""

from collections.abc import Iterator
from http.cookies import SimpleCookie

import httpx
import pytest

from functions.gateway.credentials import COOKIE, SECURE_COOKIE
from functions.gateway.deployment import Deployment
from functions.gateway.limits import WRONG_KEYS
from shared.jobs.key_store import SESSION_HOURS
from tests.support.gateway import gateway_client, key_headers, memory_deployment

ME = "/api/v1/keys/me"
KEYS = "/api/v1/keys"
CODES = "/api/v1/login-codes"
OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def stores() -> Deployment:
    return memory_deployment()


@pytest.fixture
def client(stores: Deployment) -> Iterator[httpx.Client]:
    with gateway_client(stores) as client:
        yield client


def log_in(client: httpx.Client, stores: Deployment, base: str = "http://gateway") -> str:
    """Returns the header Cookie of a new session with all scopes."""
    secret = key_headers(stores)["Authorization"].removeprefix("Bearer ")
    answer = client.post(f"{base}/api/v1/login", json={"key": secret}, headers=OWN_PAGE)
    assert answer.status_code == 200
    client.cookies.clear()
    return answer.headers["Set-Cookie"].partition(";")[0]


def test_the_cookie_is_a_random_session_and_not_the_key(
    client: httpx.Client, stores: Deployment
) -> None:
    headers = key_headers(stores)
    secret = headers["Authorization"].removeprefix("Bearer ")
    answer = client.post("/api/v1/login", json={"key": secret})
    (cookie,) = SimpleCookie(answer.headers["Set-Cookie"]).values()
    assert cookie.key == COOKIE
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "strict", "/")
    assert int(cookie["max-age"]) == SESSION_HOURS * 3600
    assert secret not in answer.text and secret[3:] not in cookie.value
    documents = repr(list(stores.keys.documents.list_recent("sessions", 10)))
    assert cookie.value not in documents
    assert client.get(ME, headers={"Cookie": f"{COOKIE}={cookie.value}"}).status_code == 200


def test_under_https_the_cookie_is_bound_to_the_host(
    client: httpx.Client, stores: Deployment
) -> None:
    secret = key_headers(stores)["Authorization"].removeprefix("Bearer ")
    answer = client.post("https://gateway/api/v1/login", json={"key": secret})
    (cookie,) = SimpleCookie(answer.headers["Set-Cookie"]).values()
    assert (cookie.key, cookie["secure"], cookie["domain"]) == (SECURE_COOKIE, True, "")
    session = cookie.value
    headers = {"Cookie": f"{COOKIE}={session}"}
    assert client.get(f"https://gateway{ME}", headers=headers).status_code == 401


FOREIGN = [
    {},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "none"},
    {"Sec-Fetch-Site": "cross-site", "Origin": "http://gateway"},
    {"Origin": "https://evil.example"},
    {"Origin": "https://gateway"},
    {"Origin": "http://gateway:81"},
    {"Origin": "null"},
]


@pytest.mark.parametrize("headers", FOREIGN)
def test_a_cookie_changes_nothing_for_another_site(
    client: httpx.Client, stores: Deployment, headers: dict[str, str]
) -> None:
    cookie = log_in(client, stores)
    before = len(stores.keys.list())
    answer = client.post(KEYS, headers={"Cookie": cookie, **headers}, json={"name": "evil"})
    assert answer.status_code == 403
    assert len(stores.keys.list()) == before
    assert client.get(ME, headers={"Cookie": cookie, **headers}).status_code == 200


@pytest.mark.parametrize("headers", [OWN_PAGE, {"Origin": "http://gateway"}])
def test_the_own_page_may_change_things(
    client: httpx.Client, stores: Deployment, headers: dict[str, str]
) -> None:
    cookie = log_in(client, stores)
    answer = client.post(KEYS, headers={"Cookie": cookie, **headers}, json={"name": "ours"})
    assert answer.status_code == 201


@pytest.mark.parametrize(("scheme", "status"), [("https", 201), ("http", 403)])
def test_under_https_the_own_page_has_it_too(
    client: httpx.Client, stores: Deployment, scheme: str, status: int
) -> None:
    cookie = log_in(client, stores, "https://gateway")
    headers = {"Cookie": cookie, "Origin": f"{scheme}://gateway"}
    answer = client.post(f"https://gateway{KEYS}", headers=headers, json={"name": "ours"})
    assert answer.status_code == status


@pytest.mark.parametrize("headers", [each for each in FOREIGN if each])
@pytest.mark.parametrize("path", ["/api/v1/login", "/api/v1/logout"])
def test_another_site_can_log_no_one_in_or_out(
    client: httpx.Client, stores: Deployment, path: str, headers: dict[str, str]
) -> None:
    secret = key_headers(stores)["Authorization"].removeprefix("Bearer ")
    cookie = log_in(client, stores)
    sent = {**headers, "Cookie": cookie}
    answer = client.post(path, headers=sent, json={"key": secret})
    assert answer.status_code == 403
    assert "Set-Cookie" not in answer.headers
    assert client.get(ME, headers={"Cookie": cookie}).status_code == 200


def test_a_cookie_never_counts_beside_a_key(client: httpx.Client, stores: Deployment) -> None:
    cookie = log_in(client, stores)
    wrong = {"Cookie": cookie, "X-API-Key": f"ds_{'0' * 64}"}
    assert client.get(ME, headers=wrong).status_code == 401
    reader = key_headers(stores, ("read",), "team-a/")
    answer = client.get(ME, headers={**reader, "Cookie": cookie})
    assert answer.json()["folder"] == "team-a/"


def test_a_wrong_key_gets_no_cookie(client: httpx.Client) -> None:
    for key in ("", "guess", f"ds_{'0' * 64}"):
        answer = client.post("/api/v1/login", json={"key": key})
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        assert "Set-Cookie" not in answer.headers


def test_logging_out_ends_the_session(stores: Deployment) -> None:
    with gateway_client(stores) as client:
        cookie = log_in(client, stores)
        answer = client.post("/api/v1/logout", headers={"Cookie": cookie, **OWN_PAGE})
        assert answer.status_code == 204
        assert "Max-Age=0" in answer.headers["Set-Cookie"]
        assert client.get(ME, headers={"Cookie": cookie}).status_code == 401


def test_a_session_dies_with_its_key(client: httpx.Client, stores: Deployment) -> None:
    cookie = log_in(client, stores)
    (key,) = stores.keys.list()
    stores.keys.revoke(key.key_id)
    assert client.get(ME, headers={"Cookie": cookie}).status_code == 401


def new_code(client: httpx.Client, headers: dict[str, str]) -> str:
    answer = client.post(CODES, headers=headers)
    assert answer.status_code == 201
    code: str = answer.json()["code"]
    return code


def test_a_code_logs_in_once_as_the_key_that_made_it(
    client: httpx.Client, stores: Deployment
) -> None:
    code = new_code(client, key_headers(stores, ("read",), "team-a/"))
    first = client.post("/api/v1/login", json={"code": code}, headers=OWN_PAGE)
    assert (first.status_code, first.json()["folder"]) == (200, "team-a/")
    cookie = first.headers["Set-Cookie"].partition(";")[0]
    client.cookies.clear()
    seen = client.get(ME, headers={"Cookie": cookie}).json()
    assert (seen["folder"], seen["scopes"]) == ("team-a/", ["read"])
    again = client.post("/api/v1/login", json={"code": code}, headers=OWN_PAGE)
    assert again.status_code == 401
    assert "was used" in again.json()["detail"]
    assert "Set-Cookie" not in again.headers


def test_a_session_cannot_make_itself_another(client: httpx.Client, stores: Deployment) -> None:
    cookie = log_in(client, stores)
    answer = client.post(CODES, headers={"Cookie": cookie, **OWN_PAGE})
    assert answer.status_code == 403
    both = {"Cookie": cookie, **key_headers(stores)}
    assert client.post(CODES, headers=both).status_code == 201


def test_a_code_is_no_key(client: httpx.Client, stores: Deployment) -> None:
    code = new_code(client, key_headers(stores))
    assert client.get(ME, headers={"X-API-Key": code}).status_code == 401
    assert client.post("/api/v1/login", json={"key": code}).status_code == 401
    assert client.post("/api/v1/login", json={"code": code}).status_code == 200


def test_another_site_uses_up_no_code(client: httpx.Client, stores: Deployment) -> None:
    code = new_code(client, key_headers(stores))
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert client.post("/api/v1/login", json={"code": code}, headers=foreign).status_code == 403
    assert client.post("/api/v1/login", json={"code": code}, headers=OWN_PAGE).status_code == 200


def test_wrong_codes_count_as_wrong_keys(client: httpx.Client) -> None:
    statuses = []
    for number in range(WRONG_KEYS + 1):
        answer = client.post("/api/v1/login", json={"code": f"guess-{number}"})
        statuses.append(answer.status_code)
    assert statuses == [401] * WRONG_KEYS + [429]
    wrong = {"X-API-Key": f"ds_{'0' * 64}"}
    assert client.get(ME, headers=wrong).status_code == 429


@pytest.mark.parametrize("body", [{}, {"code": None}, {"code": "a", "key": "b"}, {"code": 1}])
def test_a_login_has_either_a_key_or_a_code(client: httpx.Client, body: dict[str, object]) -> None:
    assert client.post("/api/v1/login", json=body).status_code == 422
