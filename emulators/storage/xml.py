"""The XML API, which signed URLs use (cloud.google.com/storage/docs/xml-api/overview).

Signatures are not checked, because no public keys are known here. Their expiry is.
"""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import Response

from emulators.storage import media, objects, parts, resumable
from emulators.storage.copies import Source, share
from emulators.storage.errors import Expired, Invalid
from emulators.storage.names import bucket_name, legal_object_name, object_name
from emulators.storage.objects import Draft
from emulators.storage.preconditions import Preconditions, from_headers, number
from emulators.storage.requests import claimed_digests, generation
from emulators.storage.resources import Resource, attributes, is_in_one_line
from emulators.storage.store import store_of
from emulators.storage.uploads import receive

HEADERS = {
    "content-type": "contentType",
    "content-encoding": "contentEncoding",
    "content-disposition": "contentDisposition",
    "content-language": "contentLanguage",
    "cache-control": "cacheControl",
    "x-goog-storage-class": "storageClass",
    "x-goog-custom-time": "customTime",
}
OVERRIDES = {
    "response-content-type": "Content-Type",
    "response-content-disposition": "Content-Disposition",
}
METADATA = "x-goog-meta-"
HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


async def one(request: Request) -> Response:
    """Serves every request of the XML API for an object."""
    check_expiry(request)
    query = request.query_params
    match request.method:
        case "PUT" if "uploadId" in query:
            return await parts.put_part(request)
        case "PUT" if "x-goog-copy-source" in request.headers:
            return await copy(request)
        case "PUT":
            return await put(request)
        case "POST" if "uploads" in query:
            return await parts.begin(request, draft_of(request))
        case "POST" if "uploadId" in query:
            return await parts.complete(request)
        case "POST" if request.headers.get("x-goog-resumable") == "start":
            return await resumable.begin(request, draft_of(request), status=201)
        case "DELETE" if "uploadId" in query:
            return await parts.abort(request)
        case "DELETE":
            return await delete(request)
        case "GET" | "HEAD":
            return await get(request)
    raise Invalid("The request is not understood.")


async def get(request: Request) -> Response:
    overrides = {
        header: media.in_header(request.query_params[parameter])
        for parameter, header in OVERRIDES.items()
        if parameter in request.query_params
    }
    response = await media.send(request, from_headers(request.headers), headers_of)
    response.headers.update(overrides)
    return response


def headers_of(resource: Resource) -> dict[str, str]:
    """Returns the headers that describe an object, with its custom metadata. What fits into no
    header is left out."""
    custom = {
        METADATA + key: media.in_header(value)
        for key, value in resource.get("metadata", {}).items()
        if HEADER_NAME.fullmatch(key) and is_in_one_line(value)
    }
    return media.media_headers(resource) | custom


async def put(request: Request) -> Response:
    resource = await receive(store_of(request), draft_of(request), request.stream())
    headers = media.media_headers(resource)
    return Response(
        headers={key: headers[key] for key in ("ETag", "X-Goog-Generation", "X-Goog-Hash")}
    )


async def copy(request: Request) -> Response:
    """Copies an object that a header names. The copy has its attributes, or is given new ones."""
    headers, draft = request.headers, draft_of(request)
    bucket, _, name = unquote(headers["x-goog-copy-source"]).removeprefix("/").partition("/")
    wanted = number(headers, "x-goog-copy-source-generation")
    matched = number(headers, "x-goog-copy-source-if-generation-match")
    conditions = Preconditions(generation_match=matched)
    source = Source(bucket, legal_object_name(name), wanted, conditions)
    if headers.get("x-goog-metadata-directive", "COPY").upper() == "COPY":
        draft = replace(draft, attributes={})
    resource = await store_of(request).index.run(lambda tx: share(tx, source, draft))
    return parts.xml("CopyObjectResult", ETag=resource["etag"], LastModified=resource["updated"])


async def delete(request: Request) -> Response:
    bucket, name, wanted = (
        bucket_name(request),
        object_name(request),
        generation(request.query_params),
    )
    conditions = from_headers(request.headers)
    await store_of(request).index.run(
        lambda tx: objects.remove(tx, bucket, name, wanted, conditions)
    )
    return Response(status_code=204)


def draft_of(request: Request) -> Draft:
    headers = request.headers
    wanted: Resource = {
        key: headers[header] for header, key in HEADERS.items() if header in headers
    }
    wanted["metadata"] = {
        key.removeprefix(METADATA): value
        for key, value in headers.items()
        if key.startswith(METADATA)
    }
    return Draft(
        bucket_name(request),
        object_name(request),
        attributes({**wanted, "metadata": wanted["metadata"] or None}),
        from_headers(headers),
        claimed_digests(headers),
    )


def check_expiry(request: Request) -> None:
    """Raises Expired for a V4 signed URL that has expired."""
    query = {key.lower(): value for key, value in request.query_params.items()}
    lifetime = number(query, "x-goog-expires")
    if lifetime is None:
        return
    try:
        signed = datetime.strptime(query.get("x-goog-date", ""), "%Y%m%dT%H%M%SZ").replace(
            tzinfo=UTC
        )
    except ValueError as error:
        raise Invalid("Invalid X-Goog-Date.") from error
    if datetime.now(UTC) > signed + timedelta(seconds=lifetime):
        raise Expired("The provided token has expired.")
