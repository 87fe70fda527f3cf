"""From a bucket's notification to Eventarc's CloudEvent."""

from typing import Any

import pytest

from local.runner.events import BadNotification, cloud_event


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
    "changes", [{"eventType": "OBJECT_DELETE"}, {"eventType": "OBJECT_ARCHIVE"}, {"object": {"bucket": "work"}}]
)
def test_other_events_start_nothing(changes: dict[str, Any]) -> None:
    assert cloud_event(notification(**changes), "inbox") is None


@pytest.mark.parametrize(
    "body", [None, [], {}, {"eventType": "OBJECT_FINALIZE"}, {"eventType": "OBJECT_FINALIZE", "object": {"name": "a"}}]
)
def test_what_is_no_notification_is_refused(body: Any) -> None:
    with pytest.raises(BadNotification):
        cloud_event(body, "inbox")
