"""Uploads through the API of a running one-machine cloud, whose gateway is killed in between."""

import os
import signal
from typing import Any

import httpx
import psutil

from local.layout import INBOX
from shared.model.contracts import Source
from tests.support.cloud import Cloud
from tests.support.recordings import speech, wav

RECORDING = wav(speech())
PATIENCE = 60.0
"""Seconds."""


def api(cloud: Cloud) -> httpx.Client:
    url = cloud.home.ports().url("gateway")
    key = cloud.home.key.read_text().strip()
    return httpx.Client(base_url=url, headers={"X-API-Key": key}, timeout=PATIENCE)


def send_form(client: httpx.Client, name: str, key: str) -> httpx.Response:
    files = {"file": ("call.wav", RECORDING)}
    headers = {"Idempotency-Key": key}
    return client.post("/api/v1/jobs/upload", data={"name": name}, files=files, headers=headers)


def open_session(client: httpx.Client, name: str, key: str) -> dict[str, Any]:
    asked = {"name": name, "size": len(RECORDING), "metadata": {"order-id": "77"}}
    headers = {"Idempotency-Key": key}
    answer = client.post("/api/v1/uploads", json=asked, headers=headers).raise_for_status()
    session: dict[str, Any] = answer.json()
    return session


def kill_gateway(cloud: Cloud) -> None:
    """Kills the gateway with SIGKILL. Returns when the next one answers."""
    port = cloud.home.ports().ports["gateway"]
    process = listening_on(port)
    assert process is not None
    os.kill(process, signal.SIGKILL)
    with api(cloud) as client:
        cloud.until(lambda: is_new(client, port, process), PATIENCE, "a new gateway")


def listening_on(port: int) -> int | None:
    """Returns the id of the process that listens on a port, or None."""
    for connection in psutil.net_connections("tcp"):
        is_listening = connection.status == psutil.CONN_LISTEN
        if is_listening and connection.laddr[1:] == (port,):
            process_id: int | None = connection.pid
            return process_id
    return None


def is_new(client: httpx.Client, port: int, killed: int) -> bool:
    if listening_on(port) in (None, killed):
        return False
    try:
        return client.get("/health/live").is_success
    except httpx.TransportError:
        return False


def jobs_of(cloud: Cloud, name: str) -> list[str]:
    return [job.job_id for job in cloud.jobs.list_by_object(INBOX, name)]


def test_a_form_is_transcribed_once_although_the_gateway_dies(cloud: Cloud) -> None:
    name = "uploads/form.wav"
    with api(cloud) as client:
        first = send_form(client, name, "form")
        assert first.status_code == 202, first.text
    kill_gateway(cloud)
    with api(cloud) as client:
        second = send_form(client, name, "form")
    assert (second.status_code, second.json()["id"]) == (200, first.json()["id"])
    (job_id,) = jobs_of(cloud, name)
    job = cloud.jobs.find(job_id)
    assert job is not None and job_id == first.json()["id"]
    assert cloud.answer(job.source).transcript["text"]


def test_an_upload_in_parts_is_transcribed_although_the_gateway_dies(cloud: Cloud) -> None:
    name = "uploads/parts.wav"
    with api(cloud) as client:
        session = open_session(client, name, "parts")
        kill_gateway(cloud)
        stored = httpx.put(session["upload_url"], content=RECORDING).raise_for_status().json()
    kill_gateway(cloud)
    source = Source(bucket=INBOX, name=name, generation=int(stored["generation"]))
    with api(cloud) as client:
        found = client.get(session["upload_status"])
        again = client.post(
            "/api/v1/uploads",
            json={"name": name, "size": len(RECORDING), "metadata": {"order-id": "77"}},
            headers={"Idempotency-Key": "parts"},
        )
    path = f"/api/v1/jobs/{source.job_id}"
    assert (found.status_code, found.headers["Location"]) == (303, path)
    assert (again.status_code, again.headers["Location"]) == (303, path)
    assert cloud.answer(source).transcript["text"]
    assert jobs_of(cloud, name) == [source.job_id]
    assert session["upload_url"].partition("upload_id=")[2] not in gateway_log(cloud)


def gateway_log(cloud: Cloud) -> str:
    return cloud.home.log("gateway").read_text()


def test_an_upload_is_found_although_its_audio_is_deleted(cloud: Cloud) -> None:
    name = "uploads/forgotten.wav"
    asked = {"name": name, "size": len(RECORDING), "options": {"keep-audio": False}}
    with api(cloud) as client:
        session = client.post("/api/v1/uploads", json=asked).raise_for_status().json()
        httpx.put(session["upload_url"], content=RECORDING).raise_for_status()
        bucket = cloud.client.bucket(INBOX)
        cloud.until(lambda: bucket.get_blob(name) is None, PATIENCE, "the deletion of the audio")
        found = client.get(session["upload_status"])
    (job_id,) = jobs_of(cloud, name)
    assert (found.status_code, found.headers["Location"]) == (303, f"/api/v1/jobs/{job_id}")
