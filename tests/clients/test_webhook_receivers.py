"""The receivers of docs/webhooks.md accept what notify sends, once, and nothing forged or late."""

import os
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx
import openai
import pytest

from functions.notify.pushed_event import read_event
from functions.notify.signed_payload import payload, signed_headers
from shared.jobs.webhook_records import WebhookRecord
from shared.runtime.process import die_with_parent
from tests.suites import ROOT
from tests.support.webhooks import Stores, event_id, pushed, pushed_test

PAGE = (ROOT / "docs" / "webhooks.md").read_text()
MODULES = ROOT / "build" / "clients" / "node_modules"
STARTS_WITHIN = 300.0
"""Seconds. Go compiles the program first."""
PROGRAMS = {
    "python": ("receiver.py", (sys.executable,)),
    "javascript": ("receiver.mjs", ("node",)),
    "go": ("receiver.go", ("go", "run")),
}
"""File and command of the program of each language."""


@dataclass(frozen=True)
class RunningReceiver:
    """A program of the page, which verifies with the secret of `webhook`."""

    url: str
    output: Path
    stores: Stores
    webhook: WebhookRecord

    def lines(self) -> list[str]:
        return self.output.read_text().splitlines()


def program(language: str) -> str:
    """Returns the only program of a language on the page."""
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)
    return str(found)


def skip_if_missing(language: str) -> None:
    _, (command, *_) = PROGRAMS[language]
    if shutil.which(command) is None:
        pytest.skip(f"{Path(command).name} is not installed")
    if language == "javascript" and not (MODULES / "standardwebhooks").exists():
        pytest.skip("Node's standardwebhooks is not installed (make clients)")


@pytest.fixture(scope="module", params=PROGRAMS)
def receiver(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[RunningReceiver]:
    language = str(request.param)
    skip_if_missing(language)
    folder = tmp_path_factory.mktemp(language)
    stores = Stores()
    url = f"http://127.0.0.1:{free_port()}/dropscribe"
    webhook = stores.webhook(url)
    file, command = PROGRAMS[language]
    (folder / file).write_text(program(language))
    (folder / "node_modules").symlink_to(MODULES)
    (secret,) = stores.webhooks.signing_secrets(webhook)
    with running([*command, file], folder, url, secret):
        yield RunningReceiver(url, folder / "output", stores, webhook)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def running(command: list[str], folder: Path, url: str, secret: str) -> Iterator[None]:
    """Runs a receiver until it is left."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "PORT": str(httpx.URL(url).port),
        "WEBHOOK_SECRET": secret,
    }
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdout=output,
            stderr=output,
            preexec_fn=die_with_parent,
            start_new_session=True,  # Go runs the program in a process of its own
        )
    try:
        wait_until_up(process, url, folder / "output")
        yield
    finally:
        os.killpg(process.pid, 9)
        process.wait()


def wait_until_up(process: subprocess.Popen[bytes], url: str, output: Path) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < deadline and process.poll() is None:
        try:
            httpx.get(url)
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError(output.read_text())


def test_the_end_of_a_job_arrives_and_is_printed_once(receiver: RunningReceiver) -> None:
    stores = receiver.stores
    job = stores.ended("team-a/call-1.wav")
    stores.notifier()(pushed(job))
    delivery = stores.delivery(receiver.webhook, job)
    assert (delivery.state, delivery.attempts[0].status) == ("delivered", 204)
    stores.webhooks.replay(receiver.webhook.webhook_id, event_id(job))
    stores.notifier()(pushed(job, receiver.webhook))
    assert len(stores.delivery(receiver.webhook, job).attempts) == 2
    line = f"done team-a/call-1.wav /api/v1/jobs/{job.job_id}/transcript"
    assert receiver.lines().count(line) == 1


def test_a_failed_job_is_printed_with_its_reason(receiver: RunningReceiver) -> None:
    job = receiver.stores.ended("team-a/call-2.wav", "failed")
    receiver.stores.notifier()(pushed(job))
    assert "failed team-a/call-2.wav urn:dropscribe:problem:not-audio" in receiver.lines()


def test_what_only_tries_the_endpoint_is_accepted(receiver: RunningReceiver) -> None:
    stores = receiver.stores
    stores.notifier()(pushed_test(receiver.webhook, stores.webhooks.now()))
    (delivery,), _ = stores.webhooks.deliveries(receiver.webhook.webhook_id, None, 1)
    assert delivery.state == "delivered"


def test_what_is_sent_during_a_rotation_is_accepted(receiver: RunningReceiver) -> None:
    """The program has the former secret."""
    stores = receiver.stores
    rotated = stores.webhooks.rotate(receiver.webhook.webhook_id)
    assert rotated is not None and rotated.secret_version == 2
    job = stores.ended("team-a/call-3.wav")
    stores.notifier()(pushed(job))
    assert stores.delivery(receiver.webhook, job).state == "delivered"


@pytest.mark.parametrize("fault", ["body", "id", "timestamp", "signature", "late", "early", "none"])
def test_what_is_forged_changed_or_late_is_refused(receiver: RunningReceiver, fault: str) -> None:
    headers, body = signed_request(receiver, fault)
    match fault:
        case "body":
            body = body.replace(b"team-a", b"team-b")
        case "id":
            headers["webhook-id"] += "0"
        case "timestamp":
            headers["webhook-timestamp"] = str(int(headers["webhook-timestamp"]) - 1)
        case "signature":
            headers["webhook-signature"] = "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4="
        case "none":
            headers = {"Content-Type": "application/json"}
    printed = receiver.lines()
    answer = httpx.post(receiver.url, content=body, headers=headers)
    assert answer.status_code == 400
    assert receiver.lines() == printed


def test_what_is_signed_well_is_accepted(receiver: RunningReceiver) -> None:
    headers, body = signed_request(receiver, "no fault")
    assert httpx.post(receiver.url, content=body, headers=headers).status_code == 204


def test_openais_package_verifies_it_too(receiver: RunningReceiver) -> None:
    headers, body = signed_request(receiver, "no fault")
    (secret, *_) = receiver.stores.webhooks.signing_secrets(receiver.webhook)
    client = openai.OpenAI(api_key="none", webhook_secret=secret)
    client.webhooks.verify_signature(body, headers)
    with pytest.raises(openai.InvalidWebhookSignatureError):
        client.webhooks.verify_signature(body + b" ", headers)


def signed_request(receiver: RunningReceiver, fault: str) -> tuple[dict[str, str], bytes]:
    """Returns headers and body of an event that was signed now, or too late or early."""
    stores = receiver.stores
    job = stores.ended(f"team-a/{fault}.wav")
    event = read_event(pushed(job).message)
    body = payload(event, receiver.webhook.webhook_id)
    minutes = {"late": -6, "early": 6}.get(fault, 0)
    time_ = stores.webhooks.now() + timedelta(minutes=minutes)
    secrets = stores.webhooks.signing_secrets(receiver.webhook)
    return signed_headers(event.event_id, body, secrets, time_), body
