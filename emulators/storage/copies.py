"""Objects made from objects: compose joins files; copy, rewrite and move share their source's."""

import asyncio
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import BinaryIO

from starlette.requests import Request
from starlette.responses import Response

from emulators.storage import objects
from emulators.storage.content import BLOCK, Contents, Writer
from emulators.storage.errors import Invalid
from emulators.storage.fields import json_response
from emulators.storage.index import Transaction
from emulators.storage.names import bucket_name, legal_object_name, object_name
from emulators.storage.objects import Bytes, Draft, Version
from emulators.storage.preconditions import Preconditions, from_query, number
from emulators.storage.requests import generation, json_body, json_object
from emulators.storage.resources import OBJECT_ATTRIBUTES, Resource, attributes, with_links
from emulators.storage.store import Store, base_url, store_of

MOST_SOURCES = 32


@dataclass(frozen=True)
class Source:
    """The object that is to be copied or moved."""

    bucket: str
    name: str
    generation: int | None
    conditions: Preconditions

    def find(self, tx: Transaction) -> Version:
        return objects.get(tx, self.bucket, self.name, self.generation, self.conditions)


async def copy_to(request: Request) -> Response:
    return objects.resource_response(request, await copy(request))


async def rewrite_to(request: Request) -> Response:
    resource = await copy(request)
    size = resource["size"]
    answer = {
        "kind": "storage#rewriteResponse",
        "done": True,
        "totalBytesRewritten": size,
        "objectSize": size,
        "resource": with_links(resource, base_url(request)),
    }
    return json_response(request, answer)


async def copy(request: Request) -> Resource:
    query, body = request.query_params, attributes(await json_body(request))
    source = Source(
        bucket_name(request),
        object_name(request),
        generation(query, "sourceGeneration"),
        from_query(query, {}, "ifSource"),
    )
    target = Draft(
        bucket_name(request, "to_bucket"),
        object_name(request, "to_name"),
        body,
        from_query(query, request.headers),
    )
    return await store_of(request).index.run(lambda tx: share(tx, source, target))


def share(tx: Transaction, source: Source, target: Draft) -> Resource:
    """Makes an object of the source's content. It has the source's attributes, unless the target
    names others."""
    version = source.find(tx)
    kept = {key: version.resource[key] for key in OBJECT_ATTRIBUTES if key in version.resource}
    draft = replace(target, attributes={**kept, **target.attributes})
    return objects.put(tx, draft, version.bytes())


async def move_to(request: Request) -> Response:
    """Renames an object within its bucket, in one transaction."""
    query, bucket = request.query_params, bucket_name(request)
    source = Source(bucket, object_name(request), None, from_query(query, {}, "ifSource"))
    conditions = from_query(query, request.headers)
    target = Draft(bucket, object_name(request, "to_name"), {}, conditions)
    if source.name == target.name:
        raise Invalid("The source and destination object names must be different.")

    def move(tx: Transaction) -> Resource:
        resource = share(tx, source, target)
        objects.retire(tx, bucket, source.name)
        return resource

    return objects.resource_response(request, await store_of(request).index.run(move))


async def compose(request: Request) -> Response:
    body = await json_body(request)
    sources = body.get("sourceObjects")
    if not isinstance(sources, list) or not 1 <= len(sources) <= MOST_SOURCES:
        raise Invalid(f"Compose takes 1 to {MOST_SOURCES} source objects.")
    sources = [json_object(source, "A source object") for source in sources]
    destination = json_object(body.get("destination"), "The destination")
    bucket, conditions = bucket_name(request), from_query(request.query_params, request.headers)
    draft = Draft(bucket, object_name(request), attributes(destination), conditions)
    deletes = body.get("deleteSourceObjects") is True
    return objects.resource_response(
        request, await join(store_of(request), draft, sources, deletes)
    )


async def join(store: Store, draft: Draft, sources: list[Resource], deletes: bool) -> Resource:
    """Makes the object of its sources. If `deletes`, they are gone afterwards."""
    writer = store.contents.begin()
    with ExitStack() as files:
        opened = await store.index.run(lambda tx: open_sources(tx, store.contents, draft, sources))
        handles = [files.enter_context(file) for _, file in opened]
        try:
            await asyncio.to_thread(concatenate, handles, writer)
            content = await asyncio.to_thread(writer.seal)
            components = sum(version.resource.get("componentCount", 1) for version, _ in opened)
            written = Bytes.composite(content, components)
            used = [version for version, _ in opened] if deletes else []
            return await store.index.run(lambda tx: put_instead(tx, draft, written, used))
        except Exception:
            await store.index.run(lambda tx: tx.release(writer.id))
            raise


def put_instead(tx: Transaction, draft: Draft, written: Bytes, used: list[Version]) -> Resource:
    """Makes the object, and removes those versions that are still live."""
    resource = objects.put(tx, draft, written)
    for version in used:
        name, generation = version.resource["name"], version.resource["generation"]
        live = objects.find(tx, draft.bucket, name)
        if live is not None and live.resource["generation"] == generation:
            objects.retire(tx, draft.bucket, name)
    return resource


def open_sources(
    tx: Transaction, contents: Contents, draft: Draft, sources: list[Resource]
) -> list[tuple[Version, BinaryIO]]:
    """Checks every condition, then opens all sources, so that a refusal leaves none open."""
    objects.check(tx, draft)
    found = [source_version(tx, draft.bucket, source) for source in sources]
    return [(version, contents.open(version.content)) for version in found]


def source_version(tx: Transaction, bucket: str, source: Resource) -> Version:
    conditions = Preconditions(
        generation_match=optional_number(
            json_object(source.get("objectPreconditions"), "objectPreconditions"),
            "ifGenerationMatch",
        )
    )
    return objects.get(
        tx,
        bucket,
        legal_object_name(source.get("name")),
        optional_number(source, "generation"),
        conditions,
    )


def optional_number(body: Resource, key: str) -> int | None:
    """Returns a 64-bit number in JSON, which is a string, a number or null."""
    return None if body.get(key) is None else number({key: str(body[key])}, key)


def concatenate(files: list[BinaryIO], writer: Writer) -> None:
    for file in files:
        while block := file.read(BLOCK):
            writer.write(block)
