"""notify's own process delivers what is pushed to it, survives kills, and logs nothing secret."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from shared.adapters.sqlite import SqliteDocuments
from shared.model.push import PushRequest
from tests.support.function import Function, function
from tests.support.receivers import Conversation, Receiver, answering, receiver
from tests.support.webhooks import (
    CALL,
    SECRET,
    Stores,
    event_id,
    notify_environment,
    pushed,
    stores_in,
)

JSON = {"Content-Type": "application/json"}
TOKEN = "a-secret-of-the-receiver"
EVENTS_NOT_OURS: dict[str, dict[str, Any]] = {
    "no attributes": {"attributes": {}},
    "another type": {"attributes": {"ce-type": "google.cloud.storage.object.v1.finalized"}},
    "an id that is a path": {"attributes": {"ce-id": "../../jobs/1"}},
    "an id that is too long": {"attributes": {"ce-id": "1" * 101}},
    "a time that is none": {"attributes": {"ce-time": "yesterday"}},
    "an endpoint that is a path": {"attributes": {"ce-webhook": "a/b"}},
    "a try without an endpoint": {"attributes": {"ce-type": "dropscribe.webhook.test"}},
    "another state": {"attributes": {"ce-type": "dropscribe.job.failed"}},
    "no data": {"data": ""},
    "data that is no JSON": {"data": "bm90IEpTT04="},
    "data that is a list": {"data": "W10="},
}
"""What is changed about the message of a good request."""
NOT_PUSHED = {
    "nothing": b"",
    "no JSON": b"\xff\xfe",
    "a list": b"[]",
    "an event without a message": b'{"specversion": "1.0", "id": "1"}',
    "data that is no base64": b'{"message": {"data": "%", "messageId": "1"}, "subscription": "s"}',
    "nesting": b"[" * 100_000,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("notify")


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


def push(served: Function, request: PushRequest) -> int:
    """Returns the status of the response to a request."""
    body = request.model_dump_json().encode()
    return httpx.post(served.url, content=body, headers=JSON, timeout=60).status_code


def url(served: Receiver) -> str:
    return served.url(served.address, f"/hook?token={TOKEN}", "http")


def test_an_event_is_delivered_and_its_copy_is_not(notify: Function, stores: Stores) -> None:
    with receiver(answering(200)) as served:
        webhook = stores.webhook(url(served))
        job = stores.ended()
        assert push(notify, pushed(job)) == 204
        assert push(notify, pushed(job)) == 204
    (request,) = served.requests
    assert request.headers["webhook-id"] == event_id(job)
    assert stores.delivery(webhook, job).state == "delivered"


def test_a_delivery_that_failed_asks_for_the_event_again(notify: Function, stores: Stores) -> None:
    with receiver(answering(500)) as served:
        webhook = stores.webhook(url(served))
        job = stores.ended(generation=2)
        body = pushed(job).model_dump_json().encode()
        response = httpx.post(notify.url, content=body, headers=JSON, timeout=60)
    assert response.status_code == 503
    assert response.json()["type"] == "urn:dropscribe:problem:deliveries-due"
    assert stores.delivery(webhook, job).state == "due"


@pytest.mark.parametrize("change", EVENTS_NOT_OURS.values(), ids=EVENTS_NOT_OURS)
def test_a_message_that_is_no_event_is_logged_and_not_asked_for_again(
    notify: Function, stores: Stores, change: dict[str, Any]
) -> None:
    logged = notify.log.stat().st_size
    request = pushed(stores.ended(generation=3)).model_dump(mode="json", by_alias=True)
    message = request["message"]
    attributes = change.get("attributes")
    if attributes is not None:
        message["attributes"] = {**message["attributes"], **attributes} if attributes else {}
    message["data"] = change.get("data", message["data"])
    response = httpx.post(notify.url, json=request, timeout=60)
    assert (response.status_code, response.content) == (204, b"")
    new_lines = notify.log.read_text()[logged:]
    assert "not an event of a job: " in new_lines
    assert "Traceback" not in new_lines


@pytest.mark.parametrize("body", NOT_PUSHED.values(), ids=NOT_PUSHED)
def test_what_pubsub_would_not_push_is_refused(notify: Function, body: bytes) -> None:
    response = httpx.post(notify.url, content=body, headers=JSON, timeout=60)
    assert response.status_code == 400
    assert response.json()["type"] == "urn:dropscribe:problem:bad-request"
    assert "Traceback" not in response.text


def test_get_is_a_health_check(notify: Function) -> None:
    assert httpx.get(notify.url).json() == {"status": "ok", "name": "notify"}


def test_a_kill_between_sending_and_recording_sends_a_second_copy(
    notify: Function, stores: Stores
) -> None:
    """The receiver kills the worker as soon as it has the event, once."""
    killed: list[int] = []

    def kill_first(conversation: Conversation) -> None:
        if not killed:
            killed.append(worker_of(notify))
            os.kill(killed[0], signal.SIGKILL)
            return
        answering(200)(conversation)

    with receiver(kill_first) as served:
        webhook = stores.webhook(url(served))
        job = stores.ended(generation=4)
        with pytest.raises(httpx.TransportError):
            push(notify, pushed(job))
        assert stores.delivery(webhook, job).attempts == ()
        assert push_when_up(notify, pushed(job)) == 204
    ids = [request.headers["webhook-id"] for request in served.requests]
    assert ids == [event_id(job)] * 2
    assert stores.delivery(webhook, job).state == "delivered"


def worker_of(served: Function) -> int:
    """Returns the process id of the only worker of a function."""
    (worker,) = psutil.Process(served.process.pid).children()
    return int(worker.pid)


def push_when_up(served: Function, request: PushRequest) -> int:
    """Returns the status of the response, once there is a worker again."""
    for _ in range(100):
        try:
            return push(served, request)
        except httpx.TransportError:
            served.is_up()
    raise AssertionError("no worker was started again")


def test_the_log_has_the_host_of_an_endpoint_and_nothing_secret(
    notify: Function, stores: Stores
) -> None:
    with receiver(answering(404)) as served:
        webhook = stores.webhook(url(served))
        (secret,) = stores.webhooks.signing_secrets(webhook)
        assert push(notify, pushed(stores.ended(generation=5))) == 503
    log = notify.log.read_text()
    assert '"host": "127.0.0.1"' in log
    for secret_text in (TOKEN, "/hook", CALL, "call.wav", secret, SECRET, "gs://", "x-order"):
        assert secret_text not in log


def test_only_the_push_identity_may_call(environment: dict[str, str], folder: Path) -> None:
    """Forged events, where Cloud Run does not check callers itself."""
    callers = {"DROPSCRIBE_CALLERS": '["push@example.iam.gserviceaccount.com"]'}
    stores = Stores(SqliteDocuments(folder / "jobs.sqlite"))
    with (
        receiver(answering(200)) as served,
        function("notify", {**environment, **callers}, folder) as guarded,
    ):
        stores.webhook(url(served))
        body = pushed(stores.ended(generation=6)).model_dump_json().encode()
        for headers in ({}, {"Authorization": "Bearer forged"}, {"Authorization": "Basic eDp4"}):
            response = httpx.post(guarded.url, content=body, headers={**JSON, **headers})
            assert response.status_code == 401
    assert served.requests == []
