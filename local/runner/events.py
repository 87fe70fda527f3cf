"""From the bucket's notification to the CloudEvent that Eventarc hands a workflow."""

from local.runner.values import Map, Value

_FINALIZED = "google.cloud.storage.object.v1.finalized"
_INT64_FIELDS = ("generation", "metageneration", "size")


class BadNotification(Exception):
    """The body is no notification of a bucket."""


def cloud_event(notification: Value, inbox: str) -> Map | None:
    """The event to start an execution with; None if the notification starts none."""
    if not isinstance(notification, dict) or not isinstance(notification.get("eventType"), str):
        raise BadNotification("a notification is a map with eventType, eventId, time and object")
    resource = notification.get("object")
    if not isinstance(resource, dict) or not all(isinstance(resource.get(key), str) for key in ("bucket", "name")):
        raise BadNotification("the object of a notification has a bucket and a name")
    if notification["eventType"] != "OBJECT_FINALIZE" or resource["bucket"] != inbox:
        return None
    return {
        "specversion": "1.0",
        "id": str(notification.get("eventId", "")),
        "type": _FINALIZED,
        "source": f"//storage.googleapis.com/projects/_/buckets/{resource['bucket']}",
        "subject": f"objects/{resource['name']}",
        "time": notification.get("time", resource.get("updated")),
        "bucket": resource["bucket"],
        "datacontenttype": "application/json",
        "data": _as_in_json(resource),
    }


def _as_in_json(resource: Map) -> Map:
    """The object as the JSON API shows it: 64-bit numbers are strings."""
    return {key: str(value) if key in _INT64_FIELDS else value for key, value in resource.items()}
