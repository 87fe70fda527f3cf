"""Only the dialect whose clients can be given no key, but an address, takes it as a password."""

from collections.abc import Iterator

import httpx
import pytest

from functions.gateway.credentials import BASIC_PATHS
from functions.gateway.deployment import Deployment
from tests.support.gateway import gateway_client, memory_deployment

UNKNOWN = f"ds_{'0' * 64}"
CROSS_SITE = {"Sec-Fetch-Site": "cross-site"}


@pytest.fixture
def stores() -> Deployment:
    return memory_deployment()


@pytest.fixture
def client(stores: Deployment) -> Iterator[httpx.Client]:
    with gateway_client(stores) as client:
        yield client


@pytest.fixture
def secret(stores: Deployment) -> str:
    _, secret = stores.keys.create("test", ("read", "write"), "", None)
    return secret


def is_admitted(answer: httpx.Response) -> bool:
    """Returns whether a request reached its route, which refuses it for its lack of a recording."""
    return answer.status_code == 400


@pytest.mark.parametrize("path", BASIC_PATHS)
def test_the_password_is_the_key_whatever_the_name(
    client: httpx.Client, secret: str, path: str
) -> None:
    for name in ("dropscribe", "", "ü:ser".replace(":", "")):
        assert is_admitted(client.post(path, auth=(name, secret))), name
    with_address = f"http://dropscribe:{secret}@gateway{path}"
    assert is_admitted(client.post(with_address))


@pytest.mark.parametrize("path", BASIC_PATHS)
def test_a_wrong_password_is_refused_as_a_wrong_key(client: httpx.Client, path: str) -> None:
    for password in (UNKNOWN, "", "guess"):
        answer = client.post(path, auth=("dropscribe", password))
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    for broken in ("Basic", "Basic ", "Basic %%%", "Basic YQ==", "Basic Ög=="):
        headers = {b"Authorization": broken.encode("latin-1")}
        assert client.post(path, headers=headers).status_code == 401, broken


def test_no_other_path_takes_a_password(client: httpx.Client, secret: str) -> None:
    for path in ("/api/v1/jobs", "/v1/models", "/asr/", "/api/v1/keys/me"):
        assert client.get(path, auth=("dropscribe", secret)).status_code == 401, path


def test_a_password_that_a_browser_adds_for_another_site_is_refused(
    client: httpx.Client, secret: str
) -> None:
    answer = client.post("/asr", auth=("dropscribe", secret), headers=CROSS_SITE)
    assert answer.status_code == 403
    other_origin = {"Origin": "https://elsewhere.example"}
    answer = client.post("/asr", auth=("dropscribe", secret), headers=other_origin)
    assert answer.status_code == 403
    bearer = {"Authorization": f"Bearer {secret}"}
    assert is_admitted(client.post("/asr", headers={**bearer, **CROSS_SITE}))


def test_a_password_for_a_proxy_is_no_key(client: httpx.Client, secret: str) -> None:
    headers = {"X-API-Key": secret}
    assert is_admitted(client.post("/asr", headers=headers, auth=("proxy", "other")))
    two_keys = client.post("/asr", headers=headers, auth=("dropscribe", UNKNOWN))
    assert two_keys.json()["type"] == "urn:dropscribe:problem:key-misplaced"
