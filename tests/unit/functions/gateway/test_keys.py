"""Keys are made, listed and revoked only inside the folder and the scopes of who asks."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from functions.gateway.deployment import Deployment
from tests.support.gateway import gateway_client, key_headers, memory_deployment

KEYS = "/api/v1/keys"


@pytest.fixture
def stores() -> Deployment:
    return memory_deployment()


@pytest.fixture
def client(stores: Deployment) -> Iterator[httpx.Client]:
    with gateway_client(stores) as client:
        yield client


def ask(client: httpx.Client, headers: dict[str, str], **fields: Any) -> httpx.Response:
    request = {"name": "Anna's laptop", **fields}
    return client.post(KEYS, headers=headers, json=request)


def test_a_key_is_shown_once_and_works(client: httpx.Client, stores: Deployment) -> None:
    admin = key_headers(stores)
    answer = ask(client, admin, scopes=["read"], folder="team-a")
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    made = answer.json()
    assert made["key"].startswith(made["prefix"]) and made["folder"] == "team-a/"
    me = client.get(f"{KEYS}/me", headers={"X-API-Key": made["key"]}).json()
    assert me["scopes"] == ["read"]
    listed = client.get(KEYS, headers=admin)
    assert made["id"] in [key["id"] for key in listed.json()["keys"]]
    assert made["key"] not in listed.text


def test_only_the_digest_of_a_key_is_stored(client: httpx.Client, stores: Deployment) -> None:
    secret = ask(client, key_headers(stores)).json()["key"]
    documents = list(stores.keys.documents.list_recent("keys", 10))
    assert len(documents) == 2
    assert secret[len("ds_") :] not in repr(documents)


@pytest.mark.parametrize(
    ("fields", "lacking"),
    [
        ({"folder": ""}, "inside the folder"),
        ({"folder": "team-b/"}, "inside the folder"),
        ({"folder": "team-abc/"}, "inside the folder"),
        ({"folder": "team-a/", "scopes": ["read", "erase"]}, "erase"),
    ],
)
def test_an_admin_of_a_folder_gives_no_more_than_it_has(
    client: httpx.Client, stores: Deployment, fields: dict[str, Any], lacking: str
) -> None:
    admin = key_headers(stores, ("admin", "read"), "team-a/")
    answer = ask(client, admin, **fields)
    assert answer.status_code == 403
    assert lacking in answer.json()["detail"]


def test_a_key_makes_none_that_outlives_it(client: httpx.Client, stores: Deployment) -> None:
    soon = datetime.now(UTC) + timedelta(days=1)
    _, secret = stores.keys.create("test", ("admin", "read"), "", soon)
    admin = {"X-API-Key": secret}
    inherited = ask(client, admin, scopes=["read"]).json()["expires"]
    assert datetime.fromisoformat(inherited) == soon
    later = (soon + timedelta(seconds=1)).isoformat()
    assert ask(client, admin, scopes=["read"], expires=later).status_code == 403


def test_a_key_cannot_expire_in_the_past(client: httpx.Client, stores: Deployment) -> None:
    answer = ask(client, key_headers(stores), expires="2020-01-01T00:00:00Z")
    assert answer.status_code == 400


FOLDERS = ["/", "/a", "a//b", "../a", "a/../b", "a/./b", "a\\b", "a\nb", "a\x7f", "ä" * 251]


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_that_no_recording_can_have_is_refused(
    client: httpx.Client, stores: Deployment, folder: str
) -> None:
    answer = ask(client, key_headers(stores), folder=folder)
    assert answer.status_code == 422
    assert "folder" in answer.json()["detail"]


def test_other_folders_keys_do_not_exist(client: httpx.Client, stores: Deployment) -> None:
    other, _ = stores.keys.create("theirs", ("read",), "team-b/", None)
    above, _ = stores.keys.create("of all", ("read",), "", None)
    admin = key_headers(stores, ("admin",), "team-a/")
    listed = client.get(KEYS, headers=admin).json()["keys"]
    assert [key["folder"] for key in listed] == ["team-a/"]
    unknown = client.delete(f"{KEYS}/0123456789abcdef", headers=admin)
    for key in (other, above):
        answer = client.delete(f"{KEYS}/{key.key_id}", headers=admin)
        assert (answer.status_code, answer.json()) == (404, unknown.json())
        found = stores.keys.find_by_id(key.key_id)
        assert found is not None and found.revoked is None


def test_a_revoked_key_is_listed_and_does_not_work(
    client: httpx.Client, stores: Deployment
) -> None:
    admin = key_headers(stores)
    made = ask(client, admin).json()
    revoked = client.delete(f"{KEYS}/{made['id']}", headers=admin)
    assert (revoked.status_code, revoked.content) == (204, b"")
    assert "Content-Type" not in revoked.headers
    again = client.delete(f"{KEYS}/{made['id']}", headers=admin)
    assert again.status_code == 204
    me = client.get(f"{KEYS}/me", headers={"X-API-Key": made["key"]})
    assert me.status_code == 401
    listed = client.get(KEYS, headers=admin).json()["keys"]
    (shown,) = (key for key in listed if key["id"] == made["id"])
    assert shown["revoked"] is not None
