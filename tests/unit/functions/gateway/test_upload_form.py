"""A form becomes an object of the inbox with a queued job, or is refused and leaves nothing."""

import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from functions.gateway.deployment import Deployment
from shared.adapters.memory import MemoryBlobs
from shared.jobs.operations import Operations
from shared.model.option_names import UPLOAD_MARK
from shared.settings import settings
from tests.support.gateway import gateway_client, key_headers, memory_deployment

UPLOAD = "/api/v1/jobs/upload"
SOUND = b"RIFF sound"
INBOX = settings().buckets.inbox


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


def send(
    client: httpx.Client,
    headers: dict[str, str],
    content: bytes = SOUND,
    file_name: str = "call.wav",
    **fields: Any,
) -> httpx.Response:
    files = {"file": (file_name, content, "audio/wav")}
    return client.post(UPLOAD, headers=headers, files=files, data=fields)


def names(stores: Deployment) -> list[str]:
    return [blob.name for blob in stores.blobs.list(f"gs://{INBOX}/")]


def zip_of(contents: dict[str, bytes]) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in contents.items():
            file.writestr(name, content)
    return archive.getvalue()


ARCHIVES = {
    "recordings": zip_of({"a.wav": SOUND, "b.wav": SOUND}),
    "empty": zip_of({}),
    "bomb": zip_of({f"{number}.wav": bytes(20_000_000) for number in range(5)}),
    "names that leave the folder": zip_of({"../../keys/x": b"", "/etc/passwd": b"", "..\\x": b""}),
}


@pytest.mark.parametrize("file_name", ["calls.zip", "call.wav"])
@pytest.mark.parametrize("archive", ARCHIVES)
def test_a_zip_archive_is_refused_by_its_content_and_the_problem_names_batches(
    client: httpx.Client, stores: Deployment, key: dict[str, str], archive: str, file_name: str
) -> None:
    answer = send(client, key, content=ARCHIVES[archive], file_name=file_name)
    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (415, "urn:dropscribe:problem:not-audio")
    assert "/api/v1/batches" in problem["detail"]
    assert names(stores) == [] and stores.jobs.list_page("")[0] == []


def test_a_recording_that_is_only_called_zip_is_none(
    client: httpx.Client, stores: Deployment, key: dict[str, str]
) -> None:
    assert send(client, key, file_name="call.zip").status_code == 202
    content = SOUND + ARCHIVES["recordings"]
    assert send(client, key, content=content, file_name="call.wav").status_code == 202
    assert stores.blobs.read(f"gs://{INBOX}/call.wav") == content


def test_a_form_becomes_an_object_and_a_queued_job(
    client: httpx.Client, stores: Deployment, key: dict[str, str]
) -> None:
    fields: dict[str, Any] = {"name": "a/b.wav", "language": "de", "x-order-id": "77"}
    answer = send(client, key, **fields, metadata='{"room": "é"}')
    assert answer.status_code == 202, answer.text
    job = answer.json()
    assert answer.headers["Location"] == f"/api/v1/jobs/{job['id']}"
    assert (job["name"], job["state"]) == ("a/b.wav", "queued")
    stored = stores.blobs.find(f"gs://{INBOX}/a/b.wav")
    assert stored is not None and stores.blobs.read(stored.uri) == SOUND
    metadata = dict(stored.metadata)
    assert metadata.pop(UPLOAD_MARK)
    assert metadata == {"language": "de", "x-order-id": "77", "x-room": "é"}


def test_the_order_of_the_fields_does_not_matter(
    client: httpx.Client, stores: Deployment, key: dict[str, str]
) -> None:
    parts: list[Any] = [
        ("file", ("z.wav", SOUND, "audio/wav")),
        ("language", (None, "en")),
        ("name", (None, "first.wav")),
    ]
    for order in (parts, [*parts[1:], parts[0]]):
        assert client.post(UPLOAD, headers=key, files=order).status_code in (202, 409)
    found = stores.blobs.find(f"gs://{INBOX}/first.wav")
    assert found is not None and found.metadata["language"] == "en"


def test_every_wrong_field_is_named_and_nothing_is_written(
    client: httpx.Client, stores: Deployment, key: dict[str, str]
) -> None:
    fields: dict[str, Any] = {"name": "../x", "lanugage": "en", "speakers": "99", "task": "sing"}
    answer = send(client, key, **fields)
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    detail = answer.json()["detail"]
    assert "did you mean 'language'?" in detail and "'..'" in detail
    good_name: dict[str, Any] = {**fields, "name": "x.wav"}
    detail = send(client, key, **good_name).json()["detail"]
    for part in ("lanugage", "speakers is '99'", "task is 'sing'"):
        assert part in detail
    assert names(stores) == []


def test_an_options_file_that_is_wrong_refuses_what_is_uploaded_beside_it(
    client: httpx.Client, stores: Deployment, key: dict[str, str]
) -> None:
    stores.blobs.put(f"gs://{INBOX}/a/options.json", b'{"speakers": 0}', if_generation_match=0)
    answer = send(client, key, name_of="x")
    assert answer.status_code == 422
    wrong = send(client, key, name="a/b.wav")
    assert wrong.status_code == 422 and "a/options.json: speakers" in wrong.json()["detail"]
    assert send(client, key, name="b.wav").status_code == 202


@pytest.mark.parametrize(
    "name",
    [
        "../x",
        "/x",
        "a//b",
        "a/./b",
        "a/",
        "options.json",
        "a/options.json",
        "a\nb",
        "é" * 600,
        "a\\b",
    ],
)
def test_a_name_that_no_recording_may_have_is_refused(
    client: httpx.Client, stores: Deployment, key: dict[str, str], name: str
) -> None:
    answer = client.post(UPLOAD, headers=key, files={"file": ("f.wav", SOUND)}, data={"name": name})
    assert (answer.status_code, names(stores)) == (422, [])
    assert answer.json()["detail"].startswith("name: ")


def test_a_key_of_a_folder_writes_only_there(client: httpx.Client, stores: Deployment) -> None:
    team = key_headers(stores, ("write",), "team-a/")
    assert send(client, team, name="call.wav").status_code == 202
    assert send(client, team, name="../b.wav").status_code == 422
    assert names(stores) == ["team-a/call.wav"]


def test_a_taken_name_needs_the_permission_to_replace(
    client: httpx.Client, stores: Deployment, key: dict[str, str]
) -> None:
    first = send(client, key).json()["id"]
    refused = send(client, key, b"other")
    assert refused.status_code == 409 and first in refused.json()["detail"]
    replaced = send(client, key, b"other", replace="true")
    assert replaced.status_code == 202 and replaced.json()["id"] != first
    assert stores.blobs.read(f"gs://{INBOX}/call.wav") == b"other"


def test_a_repeated_request_gets_the_first_job(
    client: httpx.Client, stores: Deployment, key: dict[str, str]
) -> None:
    headers = {**key, "Idempotency-Key": "1"}
    first = send(client, headers, language="de")
    again = send(client, headers, language="de")
    assert (first.status_code, again.status_code) == (202, 200)
    assert first.json()["id"] == again.json()["id"]


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"content": b"RIFF souns"}, "file"),
        ({"content": b"RIFF"}, "size"),
        ({"language": "en"}, "language"),
        ({"x-order-id": "1"}, "metadata x-order-id"),
        ({"name": "b.wav"}, "name"),
    ],
)
def test_a_reused_key_is_refused_with_what_differs(
    client: httpx.Client, key: dict[str, str], change: dict[str, Any], named: str
) -> None:
    headers = {**key, "Idempotency-Key": "1"}
    send(client, headers, language="de")
    answer = send(client, headers, **{"language": "de", **change})
    assert answer.status_code == 422
    assert answer.json()["type"].endswith("key-reused")
    assert named in answer.json()["detail"]


def test_two_keys_may_use_the_same_idempotency_key(
    client: httpx.Client, stores: Deployment
) -> None:
    for folder in ("a/", "b/"):
        headers = {**key_headers(stores, ("write",), folder), "Idempotency-Key": "1"}
        assert send(client, headers).status_code == 202
    assert names(stores) == ["a/call.wav", "b/call.wav"]


def test_a_form_that_is_cut_off_leaves_nothing(
    client: httpx.Client, stores: Deployment, key: dict[str, str]
) -> None:
    request = client.build_request(
        "POST", UPLOAD, headers=key, files={"file": ("call.wav", SOUND * 100)}
    )
    whole = request.read()
    cut = whole[: len(whole) * 6 // 10]
    headers = {**key, "Content-Type": request.headers["Content-Type"]}
    assert client.post(UPLOAD, headers=headers, content=cut).status_code == 400
    assert names(stores) == []


@pytest.fixture
def small_forms(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Recordings in forms may have 1000 bytes."""
    monkeypatch.setenv("DROPSCRIBE_MAX_FORM_MEGABYTES", "0.001")
    settings.cache_clear()
    yield
    monkeypatch.undo()
    settings.cache_clear()


@pytest.mark.usefixtures("small_forms")
def test_a_form_that_is_too_large_is_refused_with_the_other_way(
    stores: Deployment, key: dict[str, str]
) -> None:
    with gateway_client(stores) as client:
        little = send(client, key, b"x" * 1001)
        large = send(client, key, b"x" * 1_100_000)
        for answer in (little, large):
            assert answer.status_code == 413
            assert "/api/v1/uploads" in answer.json()["detail"]
        assert send(client, key, b"x" * 1000).status_code == 202


@pytest.mark.parametrize(
    ("files", "fields", "status"),
    [
        ([("file", ("a", b""))], {}, 415),
        ([("sound", ("a", b"1"))], {}, 422),
        ([("file", ("a", b"1")), ("file", ("b", b"1"))], {}, 400),
        ([("file", ("a", b"1"))], {f"x-{n}": "1" for n in range(10_000)}, 400),
        ([("file", ("a", b"1"))], {"initial-prompt": "x" * 70_000}, 400),
        ([("file", ("a", b"1"))], {"language": ["en", "de"]}, 422),
        ([("file", ("a", b"1"))], {"replace": "maybe"}, 422),
        ([("file", ("a", b"1"))], {"metadata": "[1]"}, 422),
        ([("file", ("a", b"1"))], {"x-a": "x" * 2100}, 422),
        ([("file", ("a", b"1"))], {"replacements": '{"a": "%s"}' % ("b" * 150)}, 202),
    ],
)
def test_odd_forms(
    client: httpx.Client,
    stores: Deployment,
    key: dict[str, str],
    files: list[Any],
    fields: dict[str, Any],
    status: int,
) -> None:
    answer = client.post(UPLOAD, headers=key, files=files, data=fields)
    assert answer.status_code == status, answer.text
    if status != 202:
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert names(stores) == []


def test_what_is_no_form_is_refused(client: httpx.Client, key: dict[str, str]) -> None:
    assert client.post(UPLOAD, headers=key, json={"file": "x"}).status_code == 400
    headers = {**key, "Content-Type": "multipart/form-data"}
    assert client.post(UPLOAD, headers=headers, content=b"x").status_code == 400


def test_an_erasure_takes_the_record_of_the_upload(
    client: httpx.Client, stores: Deployment, key: dict[str, str]
) -> None:
    headers = {**key, "Idempotency-Key": "1"}
    send(client, headers, name="secret-name.wav", language="de")
    stores.operations.erase(INBOX, "secret-name.wav")
    documents = stores.uploads.documents.list_recent("uploads", 10)
    assert "secret-name" not in str(list(documents))
    assert send(client, headers, name="secret-name.wav", language="de").status_code == 410
    assert names(stores) == []


class LosingBlobs(MemoryBlobs):
    """A store whose response to a write is lost, so that the write is repeated by its client."""

    def put(self, uri: str, data: Any, **options: Any) -> int | None:
        super().put(uri, data, **options)
        return super().put(uri, data, **options)


@pytest.mark.parametrize("idempotency_key", [{}, {"Idempotency-Key": "1"}])
def test_a_write_whose_response_was_lost_is_recognised(idempotency_key: dict[str, str]) -> None:
    whole = memory_deployment()
    stores = replace(whole, blobs=LosingBlobs())
    with gateway_client(stores) as client:
        answer = send(client, {**key_headers(stores), **idempotency_key})
    assert answer.json()["state"] == "queued"
    assert names(stores) == ["call.wav"]
    assert isinstance(stores.operations, Operations)
