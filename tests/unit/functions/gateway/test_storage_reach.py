"""A client on another machine gets no address of storage that only the deployment's machine has."""

from collections.abc import Iterator

import httpx
import pytest

from functions.gateway.deployment import Deployment
from shared.settings import settings
from tests.support.gateway import gateway_client, key_headers, memory_deployment

HERE = "127.0.0.1"
ELSEWHERE = "192.168.1.7"


@pytest.fixture(autouse=True)
def local_storage(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("DROPSCRIBE_STORAGE_ON_THIS_MACHINE", "true")
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


@pytest.fixture
def stores() -> Deployment:
    return memory_deployment()


def ask(stores: Deployment, address: str, headers: dict[str, str]) -> httpx.Response:
    """Asks for an address, from an address."""
    request = {"name": "call.wav", "size": 10}
    all_headers = {**key_headers(stores), **headers}
    with gateway_client(stores, address) as client:
        return client.post("/api/v1/uploads", headers=all_headers, json=request)


def upload_form(stores: Deployment, address: str) -> httpx.Response:
    with gateway_client(stores, address) as client:
        files = {"file": ("call.wav", b"RIFF sound")}
        return client.post("/api/v1/jobs/upload", headers=key_headers(stores), files=files)


def test_another_machine_is_sent_to_the_form(stores: Deployment) -> None:
    refused = ask(stores, ELSEWHERE, {})
    assert refused.status_code == 409
    assert refused.json()["type"] == "urn:dropscribe:problem:storage-out-of-reach"
    assert "/api/v1/jobs/upload" in refused.json()["detail"]
    uploaded = upload_form(stores, ELSEWHERE)
    assert uploaded.status_code == 202, "the refused upload does not keep its name"


def test_this_machine_gets_an_address(stores: Deployment) -> None:
    assert ask(stores, HERE, {}).status_code == 201


def test_storage_that_everybody_reaches_has_addresses_for_all(
    stores: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DROPSCRIBE_STORAGE_ON_THIS_MACHINE")
    settings.cache_clear()
    assert ask(stores, ELSEWHERE, {}).status_code == 201


@pytest.mark.parametrize("name", ["X-Forwarded-For", "Forwarded"])
def test_a_proxy_that_is_not_trusted_may_stand_for_any_machine(
    stores: Deployment, name: str
) -> None:
    assert ask(stores, HERE, {name: HERE}).status_code == 409


@pytest.mark.parametrize(("address", "status"), [(HERE, 201), (ELSEWHERE, 409)])
def test_a_trusted_proxy_says_which_machine_it_is(
    stores: Deployment, monkeypatch: pytest.MonkeyPatch, address: str, status: int
) -> None:
    monkeypatch.setenv("DROPSCRIBE_TRUSTED_PROXIES", "1")
    settings.cache_clear()
    assert ask(stores, HERE, {"X-Forwarded-For": address}).status_code == status
