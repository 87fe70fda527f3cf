"""An upload to an address of storage's leads to one job, whatever happens in between."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from functions.gateway.deployment import Deployment
from shared.adapters.memory import MemoryBlobs, MemoryDocuments
from shared.jobs.job import KnownRecording
from shared.jobs.store import JobStore
from shared.jobs.upload_store import KEPT_DAYS, SESSION_DAYS, UploadStore
from shared.model.contracts import Source
from shared.model.errors import JobStoreUnavailable
from shared.model.option_names import UPLOAD_MARK
from shared.ports.documents import Document
from shared.settings import settings
from tests.support.gateway import gateway_client, key_headers, memory_deployment

UPLOADS = "/api/v1/uploads"
SOUND = b"RIFF sound"
INBOX = settings().buckets.inbox
DAY = 24 * 3600


@pytest.fixture
def stores() -> Deployment:
    return memory_deployment()


@pytest.fixture
def client(stores: Deployment) -> Iterator[httpx.Client]:
    with gateway_client(stores) as client:
        yield client


@pytest.fixture
def key(stores: Deployment) -> dict[str, str]:
    return key_headers(stores)


def ask(client: httpx.Client, headers: dict[str, str], **fields: Any) -> httpx.Response:
    request = {"name": "call.wav", "size": len(SOUND), **fields}
    return client.post(UPLOADS, headers=headers, json=request)


def receive(stores: Deployment, session: dict[str, Any], data: bytes = SOUND) -> int | None:
    assert isinstance(stores.blobs, MemoryBlobs)
    return stores.blobs.receive_upload(session["upload_url"], data)


def job_of(client: httpx.Client, headers: dict[str, str], session: dict[str, Any]) -> str:
    """Returns the path of the job to which a complete upload leads."""
    answer = client.get(session["upload_status"], headers=headers)
    assert answer.status_code == 303, answer.text
    return answer.headers["Location"]


def test_an_upload_leads_to_its_job_once_it_is_complete(
    client: httpx.Client, stores: Deployment, key: dict[str, str]
) -> None:
    asked = ask(client, key, options={"speakers": 2}, metadata={"order-id": "77"})
    assert asked.status_code == 201
    session = asked.json()
    open_view = client.get(session["upload_status"], headers=key)
    assert (open_view.status_code, open_view.json()["state"]) == (200, "open")
    generation = receive(stores, session)
    path = job_of(client, key, session)
    found = stores.blobs.find(f"gs://{INBOX}/call.wav")
    assert found is not None and found.generation == generation
    assert found.metadata["speakers"] == "2" and found.metadata["x-order-id"] == "77"
    job = stores.jobs.find(path.rpartition("/")[2])
    assert job is not None and (job.state, job.source.generation) == ("queued", generation)


def test_the_address_is_stored_nowhere(
    client: httpx.Client, stores: Deployment, key: dict[str, str]
) -> None:
    session = ask(client, key).json()
    documents = stores.uploads.documents.list_recent("uploads", 10)
    assert session["upload_url"] not in str(list(documents))


@pytest.mark.parametrize(
    ("fields", "status", "part"),
    [
        ({"options": {"speakers": 99, "lanugage": "en"}}, 422, "lanugage"),
        ({"options": {"speakers": 99}}, 422, "speakers is '99'"),
        ({"name": "../x"}, 422, "'..'"),
        ({"size": 0}, 422, "size"),
        ({"size": 6 * 10**9}, 413, "5 GB"),
        ({"metadata": {"goog-meta-a": "1"}}, 422, "metadata"),
        ({"metadata": {"a": "1\n2"}}, 422, "metadata"),
        (
            {"options": {"replacements": {str(n): "x" * 150 for n in range(60)}}},
            422,
            "options.json",
        ),
        ({"content_type": "audio/x\r\nX: 1"}, 201, ""),
    ],
)
def test_what_is_wrong_is_refused_before_an_upload_begins(
    client: httpx.Client,
    stores: Deployment,
    key: dict[str, str],
    fields: dict[str, Any],
    status: int,
    part: str,
) -> None:
    answer = ask(client, key, **fields)
    assert answer.status_code == status
    assert part in answer.text
    assert len(list(stores.uploads.documents.list_recent("uploads", 9))) == int(status == 201)


def test_a_taken_name_is_refused_at_once_and_at_the_end(
    client: httpx.Client, stores: Deployment, key: dict[str, str]
) -> None:
    session = ask(client, key).json()
    stores.blobs.put(f"gs://{INBOX}/call.wav", b"other", if_generation_match=0)
    assert receive(stores, session) is None
    assert client.get(session["upload_status"], headers=key).status_code == 410
    assert ask(client, key).status_code == 409
    replacing = ask(client, key, replace=True).json()
    assert receive(stores, replacing) is not None
    job_of(client, key, replacing)


def test_a_repeated_request_goes_on_with_the_same_upload(
    client: httpx.Client, stores: Deployment, key: dict[str, str]
) -> None:
    headers = {**key, "Idempotency-Key": "1"}
    first, second = ask(client, headers), ask(client, headers)
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["id"] == second.json()["id"]
    assert receive(stores, second.json()) is not None
    assert receive(stores, first.json()) is None, "one of the addresses makes an object"
    third = ask(client, headers)
    assert third.status_code == 303
    assert third.headers["Location"] == job_of(client, key, first.json())
    reused = ask(client, headers, size=9)
    assert (reused.status_code, "size" in reused.json()["detail"]) == (422, True)


def test_an_upload_that_was_replaced_after_its_end_still_leads_to_its_job(
    client: httpx.Client, stores: Deployment, key: dict[str, str]
) -> None:
    session = ask(client, key).json()
    generation = receive(stores, session)
    path = job_of(client, key, session)
    assert generation is not None
    stores.blobs.put(f"gs://{INBOX}/call.wav", b"other", if_generation_match=generation)
    assert job_of(client, key, session) == path


def test_an_upload_whose_recording_was_deleted_after_its_answer_leads_to_its_job(
    client: httpx.Client, stores: Deployment, key: dict[str, str]
) -> None:
    session = ask(client, key, options={"keep-audio": False}).json()
    generation = receive(stores, session)
    found = stores.blobs.find(f"gs://{INBOX}/call.wav")
    assert found is not None and generation is not None
    source = Source(bucket=INBOX, name="call.wav", generation=generation)
    stores.jobs.claim(source, 1, "execution")
    known = KnownRecording(found.size, {}, {}, found.metadata[UPLOAD_MARK])
    stores.jobs.record_parts(source.job_id, 1, 1, 1, known)
    stores.blobs.delete(found.uri, generation)
    assert job_of(client, key, session).endswith(source.job_id)


def test_others_do_not_see_an_upload(client: httpx.Client, stores: Deployment) -> None:
    team_a = key_headers(stores, ("write",), "team-a/")
    session = ask(client, team_a).json()
    for folder, status in (("team-b/", 404), ("", 200)):
        headers = key_headers(stores, ("write",), folder)
        assert client.get(session["upload_status"], headers=headers).status_code == status
    unknown = client.get(f"{UPLOADS}/u_1", headers=team_a)
    assert unknown.status_code == 404


def test_an_upload_expires(key: dict[str, str]) -> None:
    now = [1_800_000_000.0]
    whole = memory_deployment()
    uploads = UploadStore(MemoryDocuments(), clock=lambda: now[0])
    stores = replace(whole, uploads=uploads)
    with gateway_client(stores) as client:
        headers = {**key_headers(stores), "Idempotency-Key": "1"}
        session = ask(client, headers).json()
        now[0] += SESSION_DAYS * DAY
        assert client.get(session["upload_status"], headers=headers).status_code == 410
        assert ask(client, headers).status_code == 200
        assert client.get(session["upload_status"], headers=headers).status_code == 200
    (document,) = uploads.documents.list_recent("uploads", 9)
    lifetime = UploadStore(MemoryDocuments(), lambda: now[0] + KEPT_DAYS * DAY).now()
    assert document["expires"] == lifetime.isoformat().replace("+00:00", "Z")


def test_an_erasure_takes_the_name_of_an_upload(
    client: httpx.Client, stores: Deployment, key: dict[str, str]
) -> None:
    session = ask(client, key, name="secret-name.wav").json()
    receive(stores, session)
    job_of(client, key, session)
    stores.operations.erase(INBOX, "secret-name.wav")
    assert client.get(session["upload_status"], headers=key).status_code == 410
    documents = stores.uploads.documents.list_recent("uploads", 9)
    assert "secret-name" not in str(list(documents))


class FailingDocuments(MemoryDocuments):
    """Documents whose store is away from a chosen write on, as if the writer had been killed."""

    def __init__(self) -> None:
        super().__init__()
        self.writes_left: int | None = None

    def put(self, path: str, document: Document, if_version: object | None) -> bool:
        if self.writes_left is not None and not path.startswith("keys/"):
            self.writes_left -= 1
            if self.writes_left < 0:
                raise JobStoreUnavailable("killed")
        return super().put(path, document, if_version)


@pytest.mark.parametrize("writes", range(4))
@pytest.mark.parametrize("is_form", [True, False])
def test_a_request_that_died_anywhere_is_repeated_to_one_job(writes: int, is_form: bool) -> None:
    documents = FailingDocuments()
    stores = memory_deployment(documents)
    with gateway_client(stores) as client:
        headers = {**key_headers(stores), "Idempotency-Key": "1"}

        def submit() -> httpx.Response:
            if is_form:
                files = {"file": ("call.wav", SOUND)}
                return client.post("/api/v1/jobs/upload", headers=headers, files=files)
            asked = ask(client, headers)
            if asked.is_success:
                receive(stores, asked.json())
                return client.get(asked.json()["upload_status"], headers=headers)
            return asked

        documents.writes_left = writes
        first = submit()
        documents.writes_left = None
        second = submit()
        assert first.status_code in (202, 303, 503)
        assert second.status_code in (200, 202, 303)
        (recording,) = stores.blobs.list(f"gs://{INBOX}/")
        jobs = JobStore(documents).list_page("")[0]
        assert [job.source.generation for job in jobs] == [recording.generation]
