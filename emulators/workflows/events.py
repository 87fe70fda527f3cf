"""Converts a bucket's notification, or Eventarc's CloudEvent, to the event that a workflow gets."""

from collections.abc import Mapping

from cloudevents.exceptions import GenericException
from cloudevents.http import from_http

from emulators.workflows.errors import WorkflowError
from emulators.workflows.values import Map, Value, from_json

_FINALIZED = "google.cloud.storage.object.v1.finalized"
_INT64_FIELDS = ("generation", "metageneration", "size")


class BadNotification(Exception):
    """The body is neither a bucket's notification nor a CloudEvent about an object."""


def received(headers: Mapping[str, str], body: bytes, inbox: str) -> Map | None:
    """Returns the event to start an execution with, or None if the request starts none."""
    if "ce-specversion" in headers or headers.get("content-type", "").startswith(
        "application/cloudevents"
    ):
        return delivered(headers, body, inbox)
    try:
        return cloud_event(from_json(body), inbox)
    except WorkflowError as error:
        raise BadNotification(str(error)) from error


def delivered(headers: Mapping[str, str], body: bytes, inbox: str) -> Map | None:
    """Returns the attributes and data of a CloudEvent in one map, as Workflows has them.

    The event may be in binary or structured mode.
    """
    try:
        event = from_http(headers, body)
    except (GenericException, ValueError) as error:
        raise BadNotification(f"no CloudEvent: {error}") from error
    data = event.get_data()
    if not isinstance(data, dict) or not isinstance(data.get("name"), str):
        raise BadNotification("the data of the event is no object of a bucket")
    if event["type"] != _FINALIZED or data.get("bucket") != inbox:
        return None
    return {**event.get_attributes(), "data": data}


def cloud_event(notification: Value, inbox: str) -> Map | None:
    """Returns the event to start an execution with, or None if the notification starts none."""
    if not isinstance(notification, dict) or not isinstance(notification.get("eventType"), str):
        raise BadNotification("a notification is a map with eventType, eventId, time and object")
    resource = notification.get("object")
    if not isinstance(resource, dict) or not all(
        isinstance(resource.get(key), str) for key in ("bucket", "name")
    ):
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
    """Returns the object as in the JSON API, in which 64-bit numbers are strings."""
    return {key: str(value) if key in _INT64_FIELDS else value for key, value in resource.items()}
