"""Jobs are shown, run again, cancelled and erased by those who may, and by nobody else."""

from collections.abc import Iterator

import httpx
import pytest

from functions.gateway.deployment import Deployment
from shared.model.api import JobView
from tests.support.gateway import (
    MemoryExecutions,
    gateway_client,
    key_headers,
    memory_deployment,
)
from tests.support.gateway_jobs import INBOX, begin, done_job, upload

METHODS = (
    ("GET", ""),
    ("GET", "/transcript"),
    ("HEAD", "/transcript"),
    ("GET", "/audio"),
    ("HEAD", "/audio"),
    ("POST", "/redrive"),
    ("POST", "/cancel"),
    ("DELETE", ""),
)
"""The routes of one job."""


@pytest.fixture
def executions() -> MemoryExecutions:
    return MemoryExecutions()


@pytest.fixture
def stores(executions: MemoryExecutions) -> Deployment:
    return memory_deployment(executions=executions)


@pytest.fixture
def client(stores: Deployment) -> Iterator[httpx.Client]:
    with gateway_client(stores) as client:
        client.headers.update(key_headers(stores))
        yield client


def path(job_id: str) -> str:
    return f"/api/v1/jobs/{job_id}"


def state_of(stores: Deployment, job_id: str) -> str:
    job = stores.jobs.find(job_id)
    assert job is not None
    return job.state


def test_a_job_is_shown(client: httpx.Client, stores: Deployment) -> None:
    source = done_job(stores)
    answer = client.get(path(source.job_id))
    view = JobView.model_validate_json(answer.content)
    assert (answer.status_code, view.state, view.name) == (200, "done", source.name)


@pytest.mark.parametrize(("method", "suffix"), METHODS)
def test_a_job_of_another_folder_is_one_that_does_not_exist(
    client: httpx.Client, stores: Deployment, method: str, suffix: str
) -> None:
    theirs = done_job(stores, "team-b/call.wav")
    ours = key_headers(stores, folder="team-a/")
    answers = []
    for job_id in (theirs.job_id, "0" * 20):
        answer = client.request(method, path(job_id) + suffix, headers=ours)
        answer.headers.pop("X-Request-Id")
        answers.append((answer.status_code, answer.content, answer.headers))
    assert answers[0] == answers[1]
    assert answers[0][0] == 404
    assert state_of(stores, theirs.job_id) == "done"


@pytest.mark.parametrize(("method", "suffix"), METHODS)
@pytest.mark.parametrize("job_id", ["1", "z" * 20, "A" * 20, "0" * 21, "reconcile", "0" * 5000])
def test_an_id_that_none_can_have_is_not_found(
    client: httpx.Client, method: str, suffix: str, job_id: str
) -> None:
    assert client.request(method, path(job_id) + suffix).status_code == 404


# Run again


def test_a_redrive_is_queued_with_its_options(
    client: httpx.Client, stores: Deployment, executions: MemoryExecutions
) -> None:
    source = done_job(stores)
    answer = client.post(path(source.job_id) + "/redrive", json={"options": {"speakers": 3}})
    assert (answer.status_code, answer.json()["state"]) == (202, "queued")
    assert answer.headers["Location"] == path(source.job_id)
    assert executions.started == [(source, 3)]
    job = stores.jobs.find(source.job_id)
    assert job is not None and job.options == {"speakers": 3}


def test_a_redrive_needs_no_body(client: httpx.Client, stores: Deployment) -> None:
    source = done_job(stores)
    assert client.post(path(source.job_id) + "/redrive").status_code == 202


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"speakrs": 3}, "did you mean 'speakers'"),
        ({"language": "klingon"}, "language is 'klingon'"),
        ({"initial-prompt": "x" * 70_000}, "larger than 64 KiB"),
    ],
)
def test_a_wrong_option_is_named_and_nothing_is_changed(
    client: httpx.Client,
    stores: Deployment,
    executions: MemoryExecutions,
    options: dict[str, object],
    says: str,
) -> None:
    source = done_job(stores)
    answer = client.post(path(source.job_id) + "/redrive", json={"options": options})
    assert answer.status_code == 422
    assert says in answer.json()["detail"]
    assert (state_of(stores, source.job_id), executions.started) == ("done", [])


def test_a_job_at_work_is_not_run_again(client: httpx.Client, stores: Deployment) -> None:
    source = done_job(stores)
    client.post(path(source.job_id) + "/redrive")
    answer = client.post(path(source.job_id) + "/redrive")
    assert (answer.status_code, answer.json()["detail"]) == (409, "it is queued; cancel it first")


def test_a_job_without_its_recording_is_not_run_again(
    client: httpx.Client, stores: Deployment
) -> None:
    source = done_job(stores)
    stores.blobs.delete(source.uri, source.generation)
    assert client.post(path(source.job_id) + "/redrive").status_code == 410


# Cancel


def test_a_job_is_cancelled_once_and_for_all(
    client: httpx.Client, stores: Deployment, executions: MemoryExecutions
) -> None:
    source = upload(stores)
    begin(stores, source)
    for _ in range(2):
        answer = client.post(path(source.job_id) + "/cancel")
        assert (answer.status_code, answer.json()["state"]) == (202, "cancelled")
    assert executions.started == [(source, 3)], "one execution writes the problem"


def test_a_job_that_has_ended_is_not_cancelled(client: httpx.Client, stores: Deployment) -> None:
    source = done_job(stores)
    answer = client.post(path(source.job_id) + "/cancel")
    assert (answer.status_code, answer.json()["detail"]) == (409, "it is done")


# Erase


def test_an_erased_job_is_gone(client: httpx.Client, stores: Deployment) -> None:
    older, newer = done_job(stores), done_job(stores)
    beside = done_job(stores, "team-a/beside.wav")
    answer = client.delete(path(newer.job_id))
    assert (answer.status_code, answer.content) == (202, b"")
    for source in (older, newer):
        for method, suffix in METHODS:
            answer = client.request(method, path(source.job_id) + suffix)
            assert answer.status_code == 410, (method, suffix)
    left = {blob.name for blob in stores.blobs.list("gs://")}
    names = ("transcript.json", "transcript.srt", "peaks.bin")
    expected = {f"team-a/beside.wav/{name}" for name in names}
    assert left == expected | {beside.name}


def test_an_interrupted_erasure_can_be_repeated(client: httpx.Client, stores: Deployment) -> None:
    source = done_job(stores)
    stores.jobs.erase(source)
    assert client.delete(path(source.job_id)).status_code == 202
    assert stores.blobs.find(source.uri) is None


def test_erasing_a_tombstone_erases_no_recording_of_its_name(
    client: httpx.Client, stores: Deployment
) -> None:
    source = done_job(stores)
    stores.operations.erase(INBOX, source.name)
    named_so = upload(stores, "(erased)")
    assert client.delete(path(source.job_id)).status_code == 410
    assert stores.blobs.find(named_so.uri) is not None
