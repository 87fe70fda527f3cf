"""Bucket notifications become Eventarc's CloudEvents, and other events are ignored."""

import json
from typing import Any

import pytest

from emulators.workflows.events import BadNotification, cloud_event, received


def notification(**changes: Any) -> dict[str, Any]:
    resource = {
        "kind": "storage#object",
        "name": "jobs/42/a.wav",
        "bucket": "inbox",
        "generation": 1795328389992551,
        "metageneration": "1",
        "size": "1048576",
        "metadata": {"lang": "de"},
    }
    return {
        "eventType": "OBJECT_FINALIZE",
        "eventId": "1096434104173400",
        "time": "2026-11-22T06:00:00.123Z",
        "object": {**resource, **changes.pop("object", {})},
        **changes,
    }


def test_the_event_is_eventarcs() -> None:
    assert cloud_event(notification(), "inbox") == {
        "specversion": "1.0",
        "id": "1096434104173400",
        "type": "google.cloud.storage.object.v1.finalized",
        "source": "//storage.googleapis.com/projects/_/buckets/inbox",
        "subject": "objects/jobs/42/a.wav",
        "time": "2026-11-22T06:00:00.123Z",
        "bucket": "inbox",
        "datacontenttype": "application/json",
        "data": {
            "kind": "storage#object",
            "name": "jobs/42/a.wav",
            "bucket": "inbox",
            "generation": "1795328389992551",
            "metageneration": "1",
            "size": "1048576",
            "metadata": {"lang": "de"},
        },
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"eventType": "OBJECT_DELETE"},
        {"eventType": "OBJECT_ARCHIVE"},
        {"object": {"bucket": "work"}},
    ],
)
def test_other_events_start_nothing(changes: dict[str, Any]) -> None:
    assert cloud_event(notification(**changes), "inbox") is None


@pytest.mark.parametrize(
    "body",
    [
        None,
        [],
        {},
        {"eventType": "OBJECT_FINALIZE"},
        {"eventType": "OBJECT_FINALIZE", "object": {"name": "a"}},
    ],
)
def test_an_invalid_notification_is_refused(body: Any) -> None:
    with pytest.raises(BadNotification):
        cloud_event(body, "inbox")


BINARY = {
    "ce-specversion": "1.0",
    "ce-id": "1",
    "ce-type": "google.cloud.storage.object.v1.finalized",
    "ce-source": "//storage.googleapis.com/projects/_/buckets/inbox",
    "content-type": "application/json",
}
OBJECT = {"bucket": "inbox", "name": "a.wav", "generation": "7"}


def sent(headers: dict[str, str], data: object) -> Any:
    return received(
        headers, data if isinstance(data, bytes) else json.dumps(data).encode(), "inbox"
    )


def test_a_cloud_event_is_handed_on_as_it_came() -> None:
    event = sent(BINARY, OBJECT)
    assert (event["id"], event["datacontenttype"], event["data"]) == (
        "1",
        "application/json",
        OBJECT,
    )


@pytest.mark.parametrize(
    ("headers", "data"),
    [
        ({"ce-type": "google.cloud.storage.object.v1.deleted"}, {}),
        ({"ce-type": "google.cloud.storage.object.v1.metadataUpdated"}, {}),
        ({}, {"bucket": "outbox"}),
    ],
)
def test_other_cloud_events_start_nothing(headers: dict[str, str], data: dict[str, str]) -> None:
    assert sent({**BINARY, **headers}, {**OBJECT, **data}) is None


@pytest.mark.parametrize(
    ("headers", "data"),
    [
        (BINARY, b"{not json"),
        (BINARY, b""),
        (BINARY, [1]),
        (BINARY, {"bucket": "inbox"}),
        ({**BINARY, "ce-specversion": "9.9"}, OBJECT),
        ({name: value for name, value in BINARY.items() if name != "ce-id"}, OBJECT),
        ({"content-type": "application/cloudevents+json"}, b"[]"),
        ({"content-type": "application/cloudevents+json"}, {"specversion": "1.0", "data": OBJECT}),
        ({"content-type": "application/cloudevents+json"}, b"\xff\xfe"),
        ({"content-type": "application/cloudevents-batch+json"}, [{**BINARY}]),
    ],
)
def test_an_invalid_cloud_event_is_refused(headers: dict[str, str], data: object) -> None:
    with pytest.raises(BadNotification):
        sent(headers, data)
