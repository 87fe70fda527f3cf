"""Corrections hold on the one-machine cloud, from the API or a file to an erasure."""

import json
from collections.abc import Iterator

import httpx
import pytest

from local.layout import INBOX, OUTBOX, WORK
from shared.model.contracts import Source
from tests.support.cloud import Cloud
from tests.support.gateway import ALL_SCOPES
from tests.support.recordings import speech, wav

RECORDING = wav(speech()[104_000:184_000])
"""Five seconds of speech."""
SPOKEN = {"language": "en"}


@pytest.fixture
def client(cloud: Cloud) -> Iterator[httpx.Client]:
    _, key = cloud.keys.create("test", ALL_SCOPES, "corrected/", None)
    headers = {"Authorization": f"Bearer {key}"}
    url = cloud.home.ports().url("gateway")
    with httpx.Client(base_url=url, headers=headers, timeout=90) as client:
        yield client


def drawn_text(cloud: Cloud, source: Source) -> str:
    """Returns transcript.txt as it is in the outbox."""
    blob = cloud.client.bucket(OUTBOX).blob(f"{source.name}/transcript.txt")
    content: bytes = blob.download_as_bytes()
    return content.decode()


def save(client: httpx.Client, path: str, name: str) -> httpx.Response:
    current = client.get(f"{path}/edits")
    headers = {"If-Match": current.headers["ETag"]}
    return client.put(f"{path}/edits", json={"speakers": {"S1": name}}, headers=headers)


def test_corrections_from_the_first_save_to_the_erasure(cloud: Cloud, client: httpx.Client) -> None:
    source = cloud.upload("corrected/call.wav", RECORDING, SPOKEN)
    path = f"/api/v1/jobs/{source.job_id}"
    cloud.answer(source, 60)
    assert save(client, path, "Anna").status_code == 200
    cloud.until(lambda: "Anna:" in drawn_text(cloud, source), 30, "drawing")

    file = json.dumps({"speakers": {"S1": "Eve"}}).encode()
    cloud.upload(f"{source.name}.edits.json", file, {})
    cloud.until(lambda: "Eve:" in drawn_text(cloud, source), 30, "drawing of a file")
    inbox = cloud.client.bucket(INBOX)
    cloud.until(lambda: not inbox.get_blob(f"{source.name}.edits.json"), 30, "file to be taken")

    assert client.post(f"{path}/redrive", json={"options": {"formats": ["txt"]}}).is_success
    view = client.get(f"{path}?wait=60").json()
    assert (view["state"], view["edits"]) == ("done", 3)
    assert "Eve:" in drawn_text(cloud, source)
    assert "transcript.srt" not in cloud.files(source.name)
    edits = client.get(f"{path}/edits").json()
    assert (edits["revision"], edits["base"], edits["drawn"]) == (3, view["run"], True)

    assert client.delete(path).status_code == 202
    for bucket, prefix in ((INBOX, source.name), (OUTBOX, source.name), (WORK, source.job_id)):
        assert [blob.name for blob in cloud.client.list_blobs(bucket, prefix=prefix)] == []
