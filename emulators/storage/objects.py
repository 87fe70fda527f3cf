"""Objects: rows that are written in one transaction, after their bytes."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any, BinaryIO

from starlette.requests import Request
from starlette.responses import Response

from emulators.storage import buckets
from emulators.storage.content import Content, Contents
from emulators.storage.errors import NotFound
from emulators.storage.fields import json_response
from emulators.storage.index import Transaction, timestamp
from emulators.storage.names import bucket_name, object_name
from emulators.storage.preconditions import Preconditions, from_query
from emulators.storage.requests import generation, json_body
from emulators.storage.resources import (
    OBJECT_ATTRIBUTES,
    Resource,
    attributes,
    check_attributes,
    check_metadata,
    check_not_held,
    etag,
    merge,
    with_links,
    with_next_metageneration,
)
from emulators.storage.store import base_url, store_of


@dataclass(frozen=True)
class Draft:
    """An object to be written: its name, its attributes, and the conditions for writing it."""

    bucket: str
    name: str
    attributes: Resource
    conditions: Preconditions
    claimed: dict[str, str] = field(default_factory=dict)
    """Digests that the client sent, by "crc32c" and "md5"."""

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Draft":
        fields: dict[str, Any] = json.loads(text)
        return cls(**{**fields, "conditions": Preconditions(**fields["conditions"])})


@dataclass(frozen=True)
class Bytes:
    """The fields of an object that describe its content. A composite has no MD5, as on Google."""

    content: str
    facts: Resource

    @classmethod
    def of(cls, content: Content) -> "Bytes":
        return cls(
            content.id,
            {"size": str(content.size), "crc32c": content.crc32c, "md5Hash": content.md5},
        )

    @classmethod
    def composite(cls, content: Content, components: int) -> "Bytes":
        facts = {"size": str(content.size), "crc32c": content.crc32c, "componentCount": components}
        return cls(content.id, facts)


@dataclass(frozen=True)
class Version:
    """One generation of an object."""

    resource: Resource
    content: str

    def bytes(self) -> Bytes:
        kept = ("size", "crc32c", "md5Hash", "componentCount")
        return Bytes(
            self.content, {key: self.resource[key] for key in kept if key in self.resource}
        )


def find(tx: Transaction, bucket: str, name: str, generation: int | None = None) -> Version | None:
    """Returns the live version or the given one, or None."""
    chosen, value = ("live = ?", 1) if generation is None else ("generation = ?", generation)
    row = tx.execute(
        f"select resource, content from objects where bucket = ? and name = ? and {chosen}",
        (bucket, name, value),
    ).fetchone()
    return Version(json.loads(row[0]), row[1]) if row else None


def get(
    tx: Transaction, bucket: str, name: str, generation: int | None, conditions: Preconditions
) -> Version:
    version = find(tx, bucket, name, generation)
    if version is None:
        buckets.get(tx, bucket)
        raise NotFound(f"No such object: {bucket}/{name}")
    conditions.check(version.resource)
    return version


def check(tx: Transaction, draft: Draft) -> None:
    """Raises the errors that `put` would raise, before the client sends any bytes."""
    buckets.get(tx, draft.bucket)
    current = find(tx, draft.bucket, draft.name)
    draft.conditions.check(current.resource if current else None)
    if current is not None:
        check_not_held(current.resource)


def put(tx: Transaction, draft: Draft, written: Bytes) -> Resource:
    """Makes the draft the live version if its conditions are true."""
    check(tx, draft)
    retire(tx, draft.bucket, draft.name)
    generation, now = tx.next_generation(), timestamp()
    resource = {
        "kind": "storage#object",
        "id": f"{draft.bucket}/{draft.name}/{generation}",
        "name": draft.name,
        "bucket": draft.bucket,
        "generation": str(generation),
        "metageneration": "1",
        "contentType": "application/octet-stream",
        "storageClass": "STANDARD",
        **draft.attributes,
        **written.facts,
        "etag": etag(generation, 1),
        "timeCreated": now,
        "updated": now,
        "timeStorageClassUpdated": now,
    }
    tx.execute(
        "insert into objects values (?, ?, ?, 1, ?, ?)",
        (draft.bucket, draft.name, generation, written.content, json.dumps(resource)),
    )
    event = {
        "eventType": "OBJECT_FINALIZE",
        "eventId": str(generation),
        "time": now,
        "object": resource,
    }
    tx.announce(draft.bucket, generation, event)
    return resource


def retire(tx: Transaction, bucket: str, name: str) -> None:
    """Removes the live version: a bucket with versions keeps it as noncurrent."""
    live = find(tx, bucket, name)
    if live is None:
        return
    check_not_held(live.resource)
    if not buckets.get(tx, bucket).get("versioning", {}).get("enabled"):
        erase(tx, live)
        return
    past = json.dumps({**live.resource, "timeDeleted": timestamp()})
    tx.execute(
        "update objects set live = 0, resource = ? where bucket = ? and name = ? and live",
        (past, bucket, name),
    )


def erase(tx: Transaction, version: Version) -> None:
    check_not_held(version.resource)
    key = (
        version.resource["bucket"],
        version.resource["name"],
        int(version.resource["generation"]),
    )
    tx.execute("delete from objects where bucket = ? and name = ? and generation = ?", key)
    tx.release(version.content)


def remove(
    tx: Transaction, bucket: str, name: str, generation: int | None, conditions: Preconditions
) -> None:
    version = get(tx, bucket, name, generation, conditions)
    if generation is None:
        retire(tx, bucket, name)
    else:
        erase(tx, version)


def change(
    tx: Transaction,
    bucket: str,
    name: str,
    generation: int | None,
    conditions: Preconditions,
    patch: Resource,
) -> Resource:
    """Merges a patch into an object's attributes."""
    current = get(tx, bucket, name, generation, conditions).resource
    check_attributes(patch)
    changeable = set(OBJECT_ATTRIBUTES) - {"storageClass"}
    wanted = {key: value for key, value in patch.items() if key in changeable}
    resource = with_next_metageneration(merge(current, wanted), timestamp())
    check_metadata(resource.get("metadata", {}))
    return save(tx, resource)


def replace(
    tx: Transaction,
    bucket: str,
    name: str,
    generation: int | None,
    conditions: Preconditions,
    body: Resource,
) -> Resource:
    """Sets an object's attributes to the given ones and removes the others."""
    current = get(tx, bucket, name, generation, conditions).resource
    fixed = {
        key: value
        for key, value in current.items()
        if key not in OBJECT_ATTRIBUTES or key == "storageClass"
    }
    return save(tx, with_next_metageneration({**fixed, **attributes(body)}, timestamp()))


def save(tx: Transaction, resource: Resource) -> Resource:
    tx.execute(
        "update objects set resource = ? where bucket = ? and name = ? and generation = ?",
        (json.dumps(resource), resource["bucket"], resource["name"], int(resource["generation"])),
    )
    return resource


def open_version(
    tx: Transaction,
    contents: Contents,
    bucket: str,
    name: str,
    generation: int | None,
    conditions: Preconditions,
) -> tuple[Version, BinaryIO]:
    """Finds a version and opens its content in one step.

    An overwrite or deletion cannot come between them, and a later one does not disturb the reader.
    """
    version = get(tx, bucket, name, generation, conditions)
    return version, contents.open(version.content)


async def one(request: Request) -> Response:
    """GET, PATCH, PUT or DELETE of an object's resource."""
    query = request.query_params
    place = (
        bucket_name(request),
        object_name(request),
        generation(query),
        from_query(query, request.headers),
    )
    index = store_of(request).index
    if request.method == "DELETE":
        await index.run(lambda tx: remove(tx, *place))
        return Response(status_code=204)
    if request.method in ("PATCH", "PUT"):
        edit = change if request.method == "PATCH" else replace
        body = await json_body(request)
        return resource_response(request, await index.run(lambda tx: edit(tx, *place, body)))
    return resource_response(request, (await index.run(lambda tx: get(tx, *place))).resource)


def resource_response(request: Request, resource: Resource) -> Response:
    return json_response(request, with_links(resource, base_url(request)))
