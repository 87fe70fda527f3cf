"""The JSON resources of buckets and objects, and how a client's JSON changes them."""

import base64
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from emulators.storage.errors import Held, Invalid, Unserved

Resource = dict[str, Any]

OBJECT_ATTRIBUTES = (
    "cacheControl",
    "contentDisposition",
    "contentEncoding",
    "contentLanguage",
    "contentType",
    "customTime",
    "eventBasedHold",
    "metadata",
    "storageClass",
    "temporaryHold",
)
TEXTS = (
    "cacheControl",
    "contentDisposition",
    "contentEncoding",
    "contentLanguage",
    "contentType",
    "storageClass",
)
HOLDS = {"temporaryHold": "Temporary", "eventBasedHold": "Event-Based"}
CONTROL = re.compile(r"[\x00-\x1f\x7f]")
BUCKET_CONSTANTS = (
    "kind",
    "id",
    "name",
    "metageneration",
    "etag",
    "timeCreated",
    "updated",
    "selfLink",
    "location",
    "locationType",
    "projectNumber",
)
METADATA_LIMIT = 8192
"""Bytes of keys and values together."""


def attributes(body: Mapping[str, Any]) -> Resource:
    """Returns the part of an object resource that a client may set."""
    check_attributes(body)
    chosen = {key: body[key] for key in OBJECT_ATTRIBUTES if body.get(key) is not None}
    check_metadata(chosen.get("metadata", {}))
    return chosen


def check_attributes(body: Mapping[str, Any]) -> None:
    """Raises Invalid for values that could be no attributes. Custom metadata has its own check."""
    if body.get("retention"):
        raise Unserved("This server has no retention of objects (retention).")
    for key in TEXTS:
        text = body.get(key)
        if text is not None and not (isinstance(text, str) and is_in_one_line(text)):
            raise Invalid(f"Invalid value for {key}: a text in one line is wanted.")
    for key in HOLDS:
        if not isinstance(body.get(key, False), bool | None):
            raise Invalid(f"Invalid value for {key}: true or false is wanted.")
    if body.get("customTime") is not None and not is_time(body["customTime"]):
        raise Invalid("Invalid value for customTime: a time by RFC 3339 is wanted.")


def is_in_one_line(text: str) -> bool:
    return CONTROL.search(text) is None


def is_time(text: object) -> bool:
    try:
        return datetime.fromisoformat(str(text)).tzinfo is not None
    except ValueError:
        return False


def check_not_held(resource: Resource) -> None:
    """Raises Held if the object may neither be deleted nor replaced."""
    for key, kind in HOLDS.items():
        if resource.get(key):
            raise Held(
                f"Object '{resource['bucket']}/{resource['name']}' is under active {kind} hold and"
                " cannot be deleted, overwritten or archived until hold is removed."
            )


def check_metadata(metadata: object) -> None:
    if not isinstance(metadata, dict) or not all(
        isinstance(value, str) for value in metadata.values()
    ):
        raise Invalid("Custom metadata must map strings to strings.")
    if (
        sum(len(text.encode(errors="replace")) for item in metadata.items() for text in item)
        > METADATA_LIMIT
    ):
        raise Invalid(f"Custom metadata is larger than {METADATA_LIMIT} bytes.")


def merge(target: Resource, patch: Mapping[str, Any]) -> Resource:
    """Returns the resource after a JSON merge patch (RFC 7396)."""
    merged = {
        key: value for key, value in target.items() if not (key in patch and patch[key] is None)
    }
    for key, value in patch.items():
        if isinstance(value, Mapping):
            old = target.get(key)
            merged[key] = merge(old if isinstance(old, dict) else {}, value)
        elif value is not None:
            merged[key] = value
    return merged


def with_next_metageneration(resource: Resource, now: str) -> Resource:
    """Returns the resource with the next metageneration, as after a change of metadata."""
    metageneration = int(resource["metageneration"]) + 1
    changed = {**resource, "metageneration": str(metageneration), "updated": now}
    return {**changed, "etag": etag(int(resource.get("generation", 0)), metageneration)}


def etag(generation: int, metageneration: int) -> str:
    return base64.b64encode(f"{generation}/{metageneration}".encode()).decode()


def with_links(resource: Resource, base_url: str) -> Resource:
    """Returns an object's resource with its links.

    They contain the server's address, so they are not stored.
    """
    place = f"storage/v1/b/{resource['bucket']}/o/{quote(resource['name'], safe='')}"
    return {
        **resource,
        "selfLink": f"{base_url}/{place}",
        "mediaLink": f"{base_url}/download/{place}?generation={resource['generation']}&alt=media",
    }
