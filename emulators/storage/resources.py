"""The JSON resources of buckets and objects, and how a client's JSON changes them."""

import base64
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from emulators.storage.errors import Invalid

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
)
METADATA_LIMIT = 8192
"""Bytes of keys and values together."""


def attributes(body: Mapping[str, Any]) -> Resource:
    """Returns the part of an object resource that a client may set."""
    chosen = {key: body[key] for key in OBJECT_ATTRIBUTES if body.get(key) is not None}
    check_metadata(chosen.get("metadata", {}))
    return chosen


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
