"""Peaks are served as they were written, to readers of the job, as long as its transcript."""

from collections.abc import Iterator

import httpx
import pytest

from functions.gateway.deployment import Deployment
from shared.model.contracts import Source
from shared.model.formats import TRANSCRIPT
from tests.support.gateway import gateway_client, key_headers, memory_deployment
from tests.support.gateway_jobs import begin, finish, upload

PEAKS = bytes(range(256)) * 4


@pytest.fixture
def stores() -> Deployment:
    return memory_deployment()


@pytest.fixture
def client(stores: Deployment) -> Iterator[httpx.Client]:
    with gateway_client(stores) as client:
        client.headers.update(key_headers(stores))
        yield client


def address(source: Source) -> str:
    return f"/api/v1/jobs/{source.job_id}/peaks"


def job_with_peaks(stores: Deployment, peaks: bytes | None = PEAKS) -> Source:
    source = upload(stores)
    begin(stores, source)
    finish(stores, source, peaks=peaks)
    return source


def test_the_peaks_of_a_job_are_read(client: httpx.Client, stores: Deployment) -> None:
    answer = client.get(address(job_with_peaks(stores)))
    assert (answer.status_code, answer.content) == (200, PEAKS)
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Length"] == "1024"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="call.peaks.bin"'


def test_a_client_that_has_the_peaks_gets_them_no_second_time(
    client: httpx.Client, stores: Deployment
) -> None:
    source = job_with_peaks(stores)
    tag = client.get(address(source)).headers["ETag"]
    answer = client.get(address(source), headers={"If-None-Match": tag})
    assert (answer.status_code, answer.content) == (304, b"")
    begin(stores, source, run=2)
    finish(stores, source, run=2, peaks=b"\1")
    answer = client.get(address(source), headers={"If-None-Match": tag})
    assert (answer.status_code, answer.content) == (200, b"\1")


def test_an_older_transcript_has_none_and_the_answer_says_so(
    client: httpx.Client, stores: Deployment
) -> None:
    answer = client.get(address(job_with_peaks(stores, None)))
    assert answer.status_code == 404
    detail = answer.json()["detail"]
    assert "an earlier version of Dropscribe made it" in detail
    assert "redrive" in detail


def test_a_job_without_a_transcript_has_none(client: httpx.Client, stores: Deployment) -> None:
    source = upload(stores)
    begin(stores, source)
    answer = client.get(address(source))
    assert (answer.status_code, answer.json()["detail"]) == (409, "The job has not ended.")


def test_the_peaks_of_a_newer_recording_are_not_those_of_the_older(
    client: httpx.Client, stores: Deployment
) -> None:
    older = job_with_peaks(stores)
    newer = job_with_peaks(stores)
    assert client.get(address(older)).status_code == 410
    assert client.get(address(newer)).status_code == 200


def test_peaks_without_their_transcript_are_gone(client: httpx.Client, stores: Deployment) -> None:
    source = job_with_peaks(stores)
    for blob in stores.blobs.list("gs://dropscribe-outbox/"):
        if blob.name.endswith(TRANSCRIPT.file_name):
            stores.blobs.delete(blob.uri, blob.generation)
    assert client.get(address(source)).status_code == 410


def test_erasing_takes_the_peaks(client: httpx.Client, stores: Deployment) -> None:
    source = job_with_peaks(stores)
    stores.operations.erase(source.bucket, source.name)
    assert not list(stores.blobs.list("gs://dropscribe-outbox/"))
    assert client.get(address(source)).status_code == 410
