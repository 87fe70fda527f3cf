"""The bridge's and notify's own processes bring each queued event to its webhook, through kills."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from standardwebhooks import Webhook

from emulators.storage.tests.server import free_port
from local.layout import ROOT
from shared.adapters.queued_events import QueuedEvents
from shared.jobs.events import cloud_event
from shared.runtime.process import die_with_parent
from tests.support.function import Function, function
from tests.support.receivers import Conversation, Receiver, answering, receiver
from tests.support.webhooks import Stores, event_id, notify_environment, stores_in

WITHIN = 60.0
"""Seconds in which what must happen has happened."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bridge")


@pytest.fixture(scope="module")
def environment(folder: Path) -> dict[str, str]:
    return notify_environment(folder)


@pytest.fixture(scope="module")
def notify(environment: dict[str, str], folder: Path) -> Iterator[Function]:
    with function("notify", environment, folder) as served:
        yield served


@pytest.fixture
def stores(folder: Path) -> Iterator[Stores]:
    """The stores without the endpoints of other tests."""
    with stores_in(folder) as stores:
        yield stores


@contextmanager
def bridge(notify_url: str, environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Runs a bridge, which is killed at the end, and waits until it is well."""
    port = free_port()
    command = (sys.executable, "-m", "local.bridge", "--port", str(port), "--notify", notify_url)
    process = subprocess.Popen(
        command, env={**os.environ, **environment}, cwd=ROOT, preexec_fn=die_with_parent
    )
    try:
        until(lambda: is_well(port), "answer of the bridge")
        yield process
    finally:
        process.kill()
        process.wait()


def is_well(port: int) -> bool:
    try:
        response = httpx.get(f"http://127.0.0.1:{port}/health", timeout=5)
    except httpx.TransportError:
        return False
    return bool(response.json()["name"] == "bridge")


def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + WITHIN
    while not condition():
        assert time.monotonic() < deadline, f"no {what} after {WITHIN:.0f} s"
        time.sleep(0.02)


def queue_of(stores: Stores) -> QueuedEvents:
    return QueuedEvents(stores.documents, time.time)


def url(served: Receiver) -> str:
    return served.url(served.address, scheme="http")


def ids(served: Receiver) -> list[str]:
    return [request.headers["webhook-id"] for request in served.requests]


def test_each_event_reaches_its_webhook_signed(
    notify: Function, stores: Stores, environment: dict[str, str]
) -> None:
    with receiver(answering(200)) as served, bridge(notify.url, environment):
        webhook = stores.webhook(url(served))
        jobs = [stores.ended(generation=number) for number in range(1, 11)]
        for job in jobs:
            queue_of(stores).publish(cloud_event(job))
        until(lambda: not queue_of(stores).waiting(), "empty queue")
        (secret,) = stores.webhooks.signing_secrets(webhook)
    assert sorted(ids(served)) == sorted(event_id(job) for job in jobs)
    for request in served.requests:
        Webhook(secret).verify(request.body, request.headers)


def test_a_bridge_that_is_killed_while_it_waits_for_notify_loses_nothing(
    notify: Function, stores: Stores, environment: dict[str, str]
) -> None:
    """The receiver lets notify wait for its answer until the bridge is dead."""
    is_dead = threading.Event()

    def answer_late(conversation: Conversation) -> None:
        assert is_dead.wait(WITHIN)
        answering(200)(conversation)

    with receiver(answer_late) as served:
        webhook = stores.webhook(url(served))
        job = stores.ended(generation=21)
        with bridge(notify.url, environment) as first:
            queue_of(stores).publish(cloud_event(job))
            until(lambda: served.connections > 0, "request to the receiver")
            first.kill()
            first.wait()
        is_dead.set()
        assert len(queue_of(stores).waiting()) == 1
        with bridge(notify.url, environment):
            until(lambda: not queue_of(stores).waiting(), "empty queue")
    assert set(ids(served)) == {event_id(job)}
    assert stores.delivery(webhook, job).state == "delivered"
