"""Objects made from objects: copy and rewrite share the source's file, compose joins files."""

import asyncio
from contextlib import ExitStack
from typing import BinaryIO

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from emulators.storage import objects
from emulators.storage.content import BLOCK, Contents, Writer
from emulators.storage.errors import Invalid
from emulators.storage.index import Transaction
from emulators.storage.names import bucket_name, legal_object_name, object_name
from emulators.storage.objects import Bytes, Draft, Version
from emulators.storage.preconditions import Preconditions, from_query, number
from emulators.storage.requests import generation, json_body
from emulators.storage.resources import OBJECT_ATTRIBUTES, Resource, attributes, with_links
from emulators.storage.store import Store, base_url, store_of

MOST_SOURCES = 32


async def copy_to(request: Request) -> Response:
    return objects.resource_response(request, await copy(request))


async def rewrite_to(request: Request) -> Response:
    resource = await copy(request)
    size = resource["size"]
    return JSONResponse(
        {
            "kind": "storage#rewriteResponse",
            "done": True,
            "totalBytesRewritten": size,
            "objectSize": size,
            "resource": with_links(resource, base_url(request)),
        }
    )


async def copy(request: Request) -> Resource:
    query, body = request.query_params, attributes(await json_body(request))
    bucket, name = bucket_name(request), object_name(request)
    wanted, source_conditions = (
        generation(query, "sourceGeneration"),
        from_query(query, {}, "ifSource"),
    )
    target = Draft(
        bucket_name(request, "to_bucket"),
        object_name(request, "to_name"),
        body,
        from_query(query, request.headers),
    )

    def share(tx: Transaction) -> Resource:
        source = objects.get(tx, bucket, name, wanted, source_conditions)
        kept = {key: source.resource[key] for key in OBJECT_ATTRIBUTES if key in source.resource}
        draft = Draft(target.bucket, target.name, {**kept, **target.attributes}, target.conditions)
        return objects.put(tx, draft, source.bytes())

    return await store_of(request).index.run(share)


async def compose(request: Request) -> Response:
    body = await json_body(request)
    sources = body.get("sourceObjects")
    if not isinstance(sources, list) or not 1 <= len(sources) <= MOST_SOURCES:
        raise Invalid(f"Compose takes 1 to {MOST_SOURCES} source objects.")
    bucket, conditions = bucket_name(request), from_query(request.query_params, request.headers)
    draft = Draft(
        bucket, object_name(request), attributes(body.get("destination") or {}), conditions
    )
    return objects.resource_response(request, await join(store_of(request), draft, sources))


async def join(store: Store, draft: Draft, sources: list[Resource]) -> Resource:
    writer = store.contents.begin()
    with ExitStack() as files:
        opened = await store.index.run(lambda tx: open_sources(tx, store.contents, draft, sources))
        handles = [files.enter_context(file) for _, file in opened]
        try:
            await asyncio.to_thread(concatenate, handles, writer)
            content = await asyncio.to_thread(writer.seal)
            components = sum(version.resource.get("componentCount", 1) for version, _ in opened)
            return await store.index.run(
                lambda tx: objects.put(tx, draft, Bytes.composite(content, components))
            )
        except Exception:
            await store.index.run(lambda tx: tx.release(writer.id))
            raise


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
            source.get("objectPreconditions") or {}, "ifGenerationMatch"
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
