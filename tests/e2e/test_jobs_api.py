"""A job on the one-machine cloud, from the queue to its erasure, through the HTTP API alone."""

import threading
from collections.abc import Iterator

import httpx
import pytest

from shared.model.api import JobPage, JobView
from tests.support.cloud import Cloud
from tests.support.gateway import ALL_SCOPES
from tests.support.recordings import speech, wav

RECORDING = wav(speech()[104_000:184_000])
"""Five seconds of speech."""
SLOWLY = {"language": "en", "initial-prompt": "slowly"}


@pytest.fixture
def client(cloud: Cloud) -> Iterator[httpx.Client]:
    _, key = cloud.keys.create("test", ALL_SCOPES, "api-jobs/", None)
    headers = {"Authorization": f"Bearer {key}"}
    url = cloud.home.ports().url("gateway")
    with httpx.Client(base_url=url, headers=headers, timeout=90) as client:
        yield client


def view(answer: httpx.Response) -> JobView:
    assert answer.is_success, answer.text
    return JobView.model_validate_json(answer.content)


def test_a_job_from_the_queue_to_its_erasure(cloud: Cloud, client: httpx.Client) -> None:
    source = cloud.upload("api-jobs/Größe 1.wav", RECORDING, {**SLOWLY, "x-order-id": "77"})
    path = f"/api/v1/jobs/{source.job_id}"
    cloud.until(lambda: client.get(path).json().get("state") == "running", 30, "running job")
    assert client.get(f"{path}/transcript").status_code == 409
    redrive = client.post(f"{path}/redrive")
    assert (redrive.status_code, redrive.json()["detail"]) == (
        409,
        "it is running; cancel it first",
    )

    waited: list[JobView] = []
    waiting = [
        threading.Thread(target=lambda: waited.append(view(client.get(f"{path}?wait=60"))))
        for _ in range(3)
    ]
    for thread in waiting:
        thread.start()
    for thread in waiting:
        thread.join()
    for job in waited:
        assert (job.state, job.progress.share) == ("done", 1)
    job = waited[0]
    assert job.metadata == {"order-id": "77"}
    assert job.options["initial-prompt"].origin == "object metadata"
    assert {stage.stage: stage.done for stage in job.progress.stages}["transcribe"] == 1

    for format in job.formats:
        answer = client.get(f"{path}/transcript", params={"format": format})
        assert answer.status_code == 200, format
        known = {"If-None-Match": answer.headers["ETag"]}
        again = client.get(f"{path}/transcript", params={"format": format}, headers=known)
        assert (again.status_code, again.content) == (304, b"")

    listed = JobPage.model_validate_json(client.get("/api/v1/jobs?state=done").content)
    assert [each.id for each in listed.jobs] == [source.job_id]
    assert client.delete(path).status_code == 202
    assert client.get(path).status_code == 410
    assert cloud.files(source.name) == {}


def test_a_recording_is_read_as_players_read_it(cloud: Cloud, client: httpx.Client) -> None:
    source = cloud.upload("api-jobs/play.wav", RECORDING)
    cloud.answer(source)
    path = f"/api/v1/jobs/{source.job_id}/audio"
    head = client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["Content-Length"] == str(len(RECORDING))
    for asked, part in (("0-1", RECORDING[:2]), ("-9", RECORDING[-9:]), ("9-", RECORDING[9:])):
        answer = client.get(path, headers={"Range": f"bytes={asked}"})
        assert (answer.status_code, answer.content) == (206, part)
    outside = client.get(path, headers={"Range": f"bytes={len(RECORDING)}-"})
    assert outside.status_code == 416
    assert client.get(path).content == RECORDING


def test_a_job_of_another_folder_is_unknown(cloud: Cloud, client: httpx.Client) -> None:
    source = cloud.upload("api-others/a.wav", RECORDING)
    cloud.answer(source)
    theirs = client.get(f"/api/v1/jobs/{source.job_id}")
    none = client.get(f"/api/v1/jobs/{'0' * 20}")
    assert (theirs.status_code, theirs.content) == (none.status_code, none.content)
    assert theirs.status_code == 404
