"""A transcript is served in each format in which there is one, and only the job's own."""

from collections.abc import Iterator

import httpx
import pytest

from functions.gateway.deployment import Deployment
from functions.gateway.drawn_transcripts import ALL_FORMATS
from shared.model.contracts import Source
from tests.support.gateway import gateway_client, key_headers, memory_deployment
from tests.support.gateway_jobs import begin, done_job, fail, finish, upload


@pytest.fixture
def stores() -> Deployment:
    return memory_deployment()


@pytest.fixture
def client(stores: Deployment) -> Iterator[httpx.Client]:
    with gateway_client(stores) as client:
        client.headers.update(key_headers(stores))
        yield client


def address(source: Source) -> str:
    return f"/api/v1/jobs/{source.job_id}/transcript"


@pytest.mark.parametrize("format", ALL_FORMATS)
def test_each_format_has_its_type_and_name(
    client: httpx.Client, stores: Deployment, format: str
) -> None:
    source = upload(stores, "team-a/call.wav")
    begin(stores, source)
    finish(stores, source, contents={"json": b"{}", format: b"spoken words"})
    answer = client.get(address(source), params={"format": format})
    assert (answer.status_code, answer.content) == (200, b"spoken words")
    kind = ALL_FORMATS[format]
    assert answer.headers["Content-Type"] == kind.content_type
    file_name = kind.file_name.replace("transcript", "call")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{file_name}"'
    assert answer.headers["Content-Length"] == str(len(b"spoken words"))


def test_the_format_is_json_if_none_is_asked_for(client: httpx.Client, stores: Deployment) -> None:
    assert client.get(address(done_job(stores))).json() == {"words": []}


@pytest.mark.parametrize("format", ["problem", "edits", "SRT", ""])
def test_a_format_that_there_is_not_is_answered_with_those_that_there_are(
    client: httpx.Client, stores: Deployment, format: str
) -> None:
    answer = client.get(address(done_job(stores)), params={"format": format})
    assert answer.status_code == 404
    assert answer.json()["detail"].startswith("There is no such format. There are json, srt, ")


def test_a_client_that_has_the_transcript_gets_it_no_second_time(
    client: httpx.Client, stores: Deployment
) -> None:
    source = done_job(stores)
    tag = client.get(address(source)).headers["ETag"]
    for sent in (tag, f"W/{tag}", f'"0", {tag}', "*"):
        answer = client.get(address(source), headers={"If-None-Match": sent})
        assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", tag)
    other = client.get(address(source), headers={"If-None-Match": '"0"'})
    assert other.status_code == 200


def test_the_transcript_of_a_later_run_has_another_tag(
    client: httpx.Client, stores: Deployment
) -> None:
    source = done_job(stores)
    tag = client.get(address(source)).headers["ETag"]
    begin(stores, source, run=2)
    finish(stores, source, run=2, contents={"json": b'{"words": [1]}'})
    answer = client.get(address(source), headers={"If-None-Match": tag})
    assert (answer.status_code, answer.json()) == (200, {"words": [1]})


def test_the_headers_alone_can_be_asked_for(client: httpx.Client, stores: Deployment) -> None:
    source = done_job(stores)
    whole = client.get(address(source))
    answer = client.head(address(source))
    assert (answer.status_code, answer.content) == (200, b"")
    for name in ("ETag", "Content-Length", "Content-Type", "Content-Disposition"):
        assert answer.headers[name] == whole.headers[name]


def test_a_job_without_a_transcript_says_why(client: httpx.Client, stores: Deployment) -> None:
    source = upload(stores)
    begin(stores, source)
    answer = client.get(address(source))
    assert (answer.status_code, answer.json()["detail"]) == (409, "The job has not ended.")
    problem = fail(stores, source)
    answer = client.get(address(source))
    assert answer.status_code == 409
    assert answer.json()["detail"] == f"The job failed: {problem.title}"
    assert "problem.json" not in answer.text


def test_a_failed_run_leaves_the_transcript_of_an_earlier_one(
    client: httpx.Client, stores: Deployment
) -> None:
    source = done_job(stores)
    job = stores.jobs.find(source.job_id)
    assert job is not None
    begin(stores, source, run=2)
    assert client.get(address(source)).status_code == 409, "the second run is at work"
    stores.jobs.finish(source.job_id, 2, "failed", None, job.results)
    assert client.get(address(source)).status_code == 200


def test_the_transcript_of_a_newer_recording_is_not_that_of_the_older(
    client: httpx.Client, stores: Deployment
) -> None:
    older = done_job(stores)
    newer = upload(stores)
    begin(stores, newer)
    finish(stores, newer, contents={"json": b'{"words": [2]}'})
    answer = client.get(address(older))
    assert answer.status_code == 410
    assert answer.json()["type"] == "urn:dropscribe:problem:transcript-gone"
    assert client.get(address(newer)).json() == {"words": [2]}


def test_a_deleted_transcript_is_gone(client: httpx.Client, stores: Deployment) -> None:
    source = done_job(stores)
    for blob in stores.blobs.list("gs://dropscribe-outbox/"):
        stores.blobs.delete(blob.uri, blob.generation)
    assert client.get(address(source)).status_code == 410
