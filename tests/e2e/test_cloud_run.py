"""Functions work in Cloud Run's environment, with its tokens and its signals."""

import json
from collections.abc import Iterator
from http.server import HTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest

from emulators.storage.tests.server import bucket_server
from local.layout import FUNCTIONS, INBOX, OUTBOX
from tests.support.function import HEALTH, Function, function
from tests.support.metadata_server import ACCOUNT, Guard, Metadata, guarded, metadata_server
from tests.support.noop import ENVIRONMENT as NOOP
from tests.unit.shared.runtime.test_auth import WORKFLOW as CALLER
from tests.unit.shared.runtime.test_auth import Keys, bearer

AUDIENCE = "dropscribe"


@pytest.fixture(scope="module")
def metadata() -> Metadata:
    return Metadata(identity=lambda audience: bearer(aud=audience).removeprefix("Bearer "))


@pytest.fixture(scope="module")
def metadata_host(metadata: Metadata) -> Iterator[str]:
    with metadata_server(metadata) as host:
        yield host


@pytest.fixture(scope="module")
def guard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guard]:
    with bucket_server(tmp_path_factory.mktemp("bucket")) as bucket, bucket.client() as client:
        for name in (INBOX, OUTBOX):
            client.create_bucket(name)
        yield Guard(bucket.url)


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Keys) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/certs"
        server.shutdown()


@pytest.fixture(scope="module")
def reconcile(
    guard: Guard, metadata_host: str, issuer: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Function]:
    """With credentials of the metadata server, and callers that it knows."""
    folder = tmp_path_factory.mktemp("reconcile")
    with guarded(guard) as storage:
        environment = {
            "API_ENDPOINT_OVERRIDE": storage,
            "STORAGE_EMULATOR_HOST": "",
            "GOOGLE_APPLICATION_CREDENTIALS": "",
            "GCE_METADATA_HOST": metadata_host,
            "GCE_METADATA_IP": metadata_host,
            "CLOUDSDK_CONFIG": str(folder),
            "GOOGLE_CLOUD_PROJECT": "dropscribe-test",
            "DROPSCRIBE_JOB_DOCUMENTS": "shared.adapters.sqlite:SqliteDocuments",
            "DROPSCRIBE_JOB_DATABASE": str(folder / "jobs.sqlite"),
            "DROPSCRIBE_EXECUTIONS_HOST": "127.0.0.1:9",
            "DROPSCRIBE_CALLERS": json.dumps([CALLER]),
            "DROPSCRIBE_ISSUER_KEYS": issuer,
        }
        with function("reconcile", environment, folder) as served:
            yield served


def sweep(reconcile: Function, authorization: str | None) -> httpx.Response:
    headers = {"Authorization": authorization} if authorization else {}
    return httpx.post(reconcile.url, json={}, headers=headers, timeout=120)


@pytest.fixture(autouse=True)
def token_is_good(guard: Guard, metadata: Metadata) -> None:
    """All that was and will be given out."""
    metadata.away = False
    guard.good = {f"token-{number}" for number in range(1, 50)}
    guard.seen.clear()


def test_storage_is_asked_with_the_metadata_servers_tokens(
    reconcile: Function, guard: Guard, metadata: Metadata
) -> None:
    answer = sweep(reconcile, bearer())
    assert answer.status_code == 200, answer.text
    assert guard.seen and set(guard.seen) <= set(metadata.issued)


def test_a_token_that_is_refused_is_renewed(
    reconcile: Function, guard: Guard, metadata: Metadata
) -> None:
    assert sweep(reconcile, bearer()).status_code == 200
    old = set(metadata.issued)
    guard.good -= old
    guard.seen.clear()
    assert sweep(reconcile, bearer()).status_code == 200
    assert set(guard.seen) & old and guard.seen[-1] in set(metadata.issued) - old


@pytest.mark.slow
def test_without_the_metadata_server_the_caller_may_try_again(
    reconcile: Function, guard: Guard, metadata: Metadata
) -> None:
    assert sweep(reconcile, bearer()).status_code == 200
    guard.good -= set(metadata.issued)
    metadata.away = True
    answer = sweep(reconcile, bearer())
    assert answer.status_code == 503, answer.text
    assert answer.json()["type"] == "urn:dropscribe:problem:storage-unavailable"
    metadata.away = False
    assert sweep(reconcile, bearer()).status_code == 200


def test_a_caller_shows_an_identity_token_of_its_metadata_server(
    reconcile: Function, metadata_host: str
) -> None:
    assert sweep(reconcile, f"Bearer {token_for(metadata_host, AUDIENCE)}").status_code == 200
    other = token_for(metadata_host, "https://another-service")
    for authorization, status in (
        (None, 401),
        (f"Bearer {other}", 401),
        (bearer(email="x@y.example"), 403),
    ):
        assert sweep(reconcile, authorization).status_code == status


def token_for(metadata_host: str, audience: str) -> str:
    url = f"http://{metadata_host}{ACCOUNT}/identity?audience={audience}&format=full"
    return httpx.get(url, headers={"Metadata-Flavor": "Google"}).raise_for_status().text


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_starts_on_its_port_and_ends_within_the_grace(
    name: str, guard: Guard, tmp_path: Path
) -> None:
    environment = {
        **NOOP,
        "STORAGE_EMULATOR_HOST": guard.bucket,
        "GOOGLE_CLOUD_PROJECT": "dropscribe-test",
    }
    with function(name, environment, tmp_path) as served:
        answer = httpx.get(served.url + HEALTH, timeout=10).raise_for_status()
        health = answer.json()
        assert (health["status"], health["name"]) == ("ok", name)
        assert served.end() == 0, served.log.read_text()
