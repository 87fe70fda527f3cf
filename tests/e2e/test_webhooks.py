"""On a running one-machine cloud the end of a job reaches a webhook of the command, signed."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from tests.support.cloud import Cloud
from tests.support.receivers import Receiver, answering, receiver
from tests.support.recordings import speech, wav

WITHIN = 60.0
"""Seconds in which what must happen has happened."""


class MadeWebhook:
    """A webhook for one test, and what arrives at its receiver."""

    def __init__(self, cloud: Cloud, served: Receiver) -> None:
        self.cloud = cloud
        self.served = served
        done = cloud.command("webhooks", "create", served.url(served.address, scheme="http"))
        assert done.returncode == 0, done.stderr
        self.secret = done.stdout.strip()
        self.webhook_id = done.stderr.partition(":")[0]

    def command(self, name: str, *arguments: str) -> str:
        """Returns what `dropscribe webhooks` prints about it."""
        done = self.cloud.command("webhooks", name, self.webhook_id, *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def received(self, count: int) -> list[dict[str, Any]]:
        """Returns what has arrived once it is that much. Each request must be signed."""
        requests = self.served.requests
        self.cloud.until(lambda: len(requests) >= count, WITHIN, f"{count} requests")
        webhook = Webhook(self.secret)
        return [webhook.verify(request.body, request.headers) for request in requests]


@pytest.fixture
def made(cloud: Cloud) -> Iterator[MadeWebhook]:
    with receiver(answering(200)) as served:
        webhook = MadeWebhook(cloud, served)
        yield webhook
        webhook.command("delete")


def test_a_try_arrives(made: MadeWebhook) -> None:
    printed = made.command("test")
    assert "delivered" in printed and " 200" in printed
    (body,) = made.received(1)
    assert body["data"] == {"webhook_id": made.webhook_id}


def test_the_end_of_a_job_arrives_as_the_api_tells_of_it(made: MadeWebhook, cloud: Cloud) -> None:
    source = cloud.upload("webhooks/call.wav", wav(speech()[:32_000]), {"x-order-id": "77"})
    (body,) = made.received(1)
    assert body["type"] == "dropscribe.job.done"
    job = job_of(cloud, body["data"]["links"]["job"])
    assert body["data"] == {
        "job_id": source.job_id,
        "name": job["name"],
        "run": job["run"],
        "state": job["state"],
        "problem_type": None,
        "warnings": job["warnings"],
        "metadata": {"order-id": "77"},
        "links": {"job": job["links"]["self"], "transcript": job["links"]["transcript"]},
    }
    assert job["metadata"] == {"order-id": "77"}


def test_an_event_is_replayed_with_both_secrets_and_not_once_it_is_erased(
    made: MadeWebhook, cloud: Cloud
) -> None:
    source = cloud.upload("webhooks/again.wav", wav(speech()[:32_000]))
    made.received(1)
    event_id = made.served.requests[0].headers["webhook-id"]
    assert event_id == f"{source.job_id}-1-done"
    rotated = made.command("rotate").strip()
    made.command("replay", event_id)
    first, second = made.received(2)
    assert first == second
    request = made.served.requests[1]
    assert request.headers["webhook-id"] == event_id
    assert Webhook(rotated).verify(request.body, request.headers) == first
    erased = cloud.command("erase", source.job_id, "--yes")
    assert erased.returncode == 0, erased.stderr
    refused = cloud.command("webhooks", "replay", made.webhook_id, event_id)
    assert refused.returncode == 1 and "erased" in refused.stderr


def job_of(cloud: Cloud, path: str) -> dict[str, Any]:
    """Returns a job as the API shows it."""
    key = cloud.home.key.read_text().strip()
    url = cloud.home.ports().url("gateway") + path
    answer = httpx.get(url, headers={"X-API-Key": key})
    found: dict[str, Any] = json.loads(answer.text)
    return found
