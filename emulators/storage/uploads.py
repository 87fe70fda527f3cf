"""Uploads in one request: the media alone, or after its metadata."""

import asyncio
from collections.abc import AsyncIterator, Mapping

from starlette.requests import Request
from starlette.responses import Response

from emulators.storage import objects, resumable
from emulators.storage.content import write_stream
from emulators.storage.errors import Invalid
from emulators.storage.multipart import Related
from emulators.storage.names import bucket_name, legal_object_name
from emulators.storage.objects import Bytes, Draft
from emulators.storage.preconditions import from_query
from emulators.storage.requests import claimed_digests, json_body
from emulators.storage.resources import Resource, attributes
from emulators.storage.store import Store, store_of


async def upload(request: Request) -> Response:
    match request.query_params.get("uploadType"):
        case "media":
            return await upload_media(request)
        case "multipart":
            return await upload_multipart(request)
        case "resumable" if "upload_id" in request.query_params:
            return await resumable.advance(request)
        case "resumable":
            draft = draft_of(
                request, await json_body(request), request.headers.get("x-upload-content-type")
            )
            return await resumable.begin(request, draft)
        case _:
            raise Invalid("uploadType must be media, multipart or resumable.")


async def upload_media(request: Request) -> Response:
    draft = draft_of(request, {}, request.headers.get("content-type"))
    return objects.resource_response(
        request, await receive(store_of(request), draft, request.stream())
    )


async def upload_multipart(request: Request) -> Response:
    related = Related(request.stream(), request.headers.get("content-type", ""))
    metadata, content_type = await related.head()
    draft = draft_of(request, metadata, content_type)
    return objects.resource_response(
        request, await receive(store_of(request), draft, related.media())
    )


def draft_of(request: Request, metadata: Resource, content_type: str | None) -> Draft:
    """Returns the object to be written. What the metadata says overrides the query and the content
    type."""
    query = request.query_params
    named, name = query.get("name"), metadata.get("name")
    if named and name and named != name:
        raise Invalid(f"Value '{name}' in content does not agree with value '{named}'.")
    wanted = {
        "contentType": content_type,
        "contentEncoding": query.get("contentEncoding"),
        **metadata,
    }
    return Draft(
        bucket_name(request),
        legal_object_name(name or named),
        attributes(wanted),
        from_query(query, request.headers),
        claimed_in(metadata) | claimed_digests(request.headers),
    )


def claimed_in(metadata: Mapping[str, str]) -> dict[str, str]:
    kinds = (("crc32c", "crc32c"), ("md5Hash", "md5"))
    return {kind: metadata[key] for key, kind in kinds if metadata.get(key)}


async def receive(store: Store, draft: Draft, stream: AsyncIterator[bytes]) -> Resource:
    """Writes a body and makes it an object. If that fails, nothing is left behind."""
    writer = store.contents.begin()
    try:
        await store.index.run(lambda tx: objects.check(tx, draft))
        await write_stream(stream, writer)
        content = await asyncio.to_thread(writer.seal)
        content.verify(draft.claimed)
        return await store.index.run(lambda tx: objects.put(tx, draft, Bytes.of(content)))
    except Exception:
        await store.index.run(lambda tx: tx.release(writer.id))
        raise
