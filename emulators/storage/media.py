"""Downloads: sends the bytes of one generation, or a range of them, while reading."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from email.utils import format_datetime
from typing import BinaryIO

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from emulators.storage import objects
from emulators.storage.content import BLOCK
from emulators.storage.errors import Invalid, RangeNotSatisfiable
from emulators.storage.names import bucket_name, object_name
from emulators.storage.preconditions import Preconditions, from_query
from emulators.storage.requests import generation
from emulators.storage.resources import Resource, is_in_one_line
from emulators.storage.store import store_of
from emulators.storage.transcoding import is_transcoded, transcoded_headers, unpacked

ONE_RANGE = re.compile(r"bytes=(?:(\d{1,99})-(\d{0,99})|-(\d{1,99}))")


def media_headers(resource: Resource) -> dict[str, str]:
    """Returns the headers that describe an object's content."""
    digests = [f"crc32c={resource['crc32c']}"] + (
        [f"md5={resource['md5Hash']}"] if "md5Hash" in resource else []
    )
    headers = {
        "Content-Type": resource.get("contentType", "application/octet-stream"),
        "Content-Encoding": resource.get("contentEncoding"),
        "Content-Disposition": resource.get("contentDisposition"),
        "Content-Language": resource.get("contentLanguage"),
        "Cache-Control": resource.get("cacheControl"),
        "Accept-Ranges": "bytes",
        "ETag": resource["etag"],
        "Last-Modified": http_date(resource["updated"]),
        "X-Goog-Generation": resource["generation"],
        "X-Goog-Metageneration": resource["metageneration"],
        "X-Goog-Hash": ",".join(digests),
        "X-Goog-Stored-Content-Encoding": resource.get("contentEncoding", "identity"),
        "X-Goog-Stored-Content-Length": resource["size"],
        "X-Goog-Storage-Class": resource["storageClass"],
    }
    return {key: in_header(value) for key, value in headers.items() if value is not None}


def in_header(text: str) -> str:
    """Returns the text for a header, which has it in UTF-8, as a Starlette response takes it.

    Raises Invalid for control characters, which would break the response.
    """
    if not is_in_one_line(text):
        raise Invalid("A header takes no control characters.")
    return text.encode().decode("latin-1")


def http_date(timestamp: str) -> str:
    return format_datetime(datetime.fromisoformat(timestamp), usegmt=True)


async def resource_or_media(request: Request) -> Response:
    if request.query_params.get("alt") == "media" and request.method in ("GET", "HEAD"):
        return await download(request)
    return await objects.one(request)


async def download(request: Request) -> Response:
    return await send(request, from_query(request.query_params, request.headers))


async def send(
    request: Request,
    conditions: Preconditions,
    described: Callable[[Resource], dict[str, str]] = media_headers,
) -> Response:
    """Returns the response with an object's bytes, or with the range that the request asks for.

    `described` returns the headers that describe the object.
    """
    store, bucket, name = store_of(request), bucket_name(request), object_name(request)
    wanted = generation(request.query_params)
    version, file = await store.index.run(
        lambda tx: objects.open_version(tx, store.contents, bucket, name, wanted, conditions)
    )
    headers = described(version.resource)
    if is_transcoded(request, version.resource, file):
        headers = transcoded_headers(headers)
        if request.method == "HEAD":
            file.close()
            response = Response(headers=headers)
            del response.headers["content-length"]  # is not known
            return response
        return StreamingResponse(unpacked(file), headers=headers)
    size = int(version.resource["size"])
    try:
        span = byte_range(request.headers.get("range"), size)
    except RangeNotSatisfiable:
        file.close()
        raise
    start, end = span or (0, size)
    headers["Content-Length"] = str(end - start)
    if span:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    if request.method == "HEAD":
        file.close()
        return Response(status_code=206 if span else 200, headers=headers)
    return StreamingResponse(pieces(file, start, end), 206 if span else 200, headers)


def byte_range(header: str | None, size: int) -> tuple[int, int] | None:
    """Returns the first byte and the one after the last, or None for all.

    Ignores anything but a single range, as RFC 9110 allows.
    """
    match = ONE_RANGE.fullmatch(header or "")
    if match is None:
        return None
    first, last, suffix = match.groups()
    start = int(first) if first else max(size - int(suffix), 0)
    end = min(int(last) + 1, size) if last else size
    if first and last and int(last) < int(first):
        return None
    if start >= size:
        raise RangeNotSatisfiable("The requested range cannot be satisfied.")
    return start, end


async def pieces(file: BinaryIO, start: int, end: int) -> AsyncIterator[bytes]:
    with file:
        file.seek(start)
        while start < end:
            piece = await asyncio.to_thread(file.read, min(BLOCK, end - start))
            if not piece:
                raise EOFError("A content file is shorter than its row says.")
            yield piece
            start += len(piece)
