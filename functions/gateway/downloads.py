"""Sends objects of the buckets, in pieces, so that none is in memory as a whole."""

import logging
import re
from collections.abc import Iterator
from typing import BinaryIO

from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from functions.gateway.byte_ranges import ByteRange
from shared.model.contracts import Source
from shared.model.errors import StageError
from shared.ports.blobs import Blob

log = logging.getLogger(__name__)

PIECE_BYTES = 256 << 10
MAX_DECLARED = 30 << 20
"""Bytes of a longest response that declares its length. Cloud Run refuses longer ones, unless they
are chunked, which a response without a length is."""
ENTITY_TAG = re.compile(r'(?:W/)?("[^"]*")')


class ObjectResponse(StreamingResponse):
    """A response with a part of an open object, which is closed at its end, also if the client goes
    away in the middle."""

    def __init__(
        self,
        file: BinaryIO,
        part: ByteRange,
        headers: dict[str, str],
        content_type: str,
        status: int,
    ) -> None:
        super().__init__(pieces(file, part), status, headers, media_type=content_type)
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._file.close()


class StreamBroken(Exception):
    """Storage did not return the rest of an object, so the connection is broken, too."""


def source_of(blob: Blob) -> Source:
    """Returns the generation of an object as a BlobStore opens it."""
    bucket = blob.uri.split("/", 3)[2]
    return Source(bucket=bucket, name=blob.name, generation=blob.generation)


def entity_tag(blob: Blob) -> str:
    return f'"{blob.generation}"'


def common_headers(blob: Blob, disposition: str) -> dict[str, str]:
    """Returns the headers of all responses with the object, and of those that spare it."""
    headers = download_headers(entity_tag(blob), disposition)
    if blob.content_encoding == "gzip":
        headers["Content-Encoding"] = "gzip"
    return headers


def download_headers(tag: str, disposition: str) -> dict[str, str]:
    """Returns the headers of all responses with content that has this ETag."""
    return {
        "Cache-Control": "private, no-cache",
        "Content-Disposition": disposition,
        "ETag": tag,
    }


def is_known(request: Request, tag: str) -> bool:
    """Returns whether the client has the object, by its If-None-Match."""
    sent = request.headers.get("If-None-Match")
    if sent is None:
        return False
    return sent.strip() == "*" or tag in ENTITY_TAG.findall(sent)


def not_modified(headers: dict[str, str]) -> Response:
    return Response(status_code=304, headers=headers)


def whole(blob: Blob) -> ByteRange:
    return ByteRange(0, blob.size - 1)


def head(headers: dict[str, str], content_type: str, size: int) -> Response:
    """Returns the response without a body to a request for an object of so many bytes."""
    with_length = {**headers, "Content-Length": str(size)}
    return Response(headers=with_length, media_type=content_type)


def body(
    file: BinaryIO, part: ByteRange, headers: dict[str, str], content_type: str, status: int
) -> Response:
    """Returns the response with a part of an open object."""
    if part.length <= MAX_DECLARED:
        headers = {**headers, "Content-Length": str(part.length)}
    return ObjectResponse(file, part, headers, content_type, status)


def pieces(file: BinaryIO, part: ByteRange) -> Iterator[bytes]:
    """Yields the bytes of a part. Raises StreamBroken, which names no object, since it gets into
    the log."""
    file.seek(part.first)
    missing = part.length
    while missing:
        piece = read_piece(file, min(missing, PIECE_BYTES))
        missing -= len(piece)
        yield piece


def read_piece(file: BinaryIO, length: int) -> bytes:
    try:
        piece = file.read(length)
    except StageError as error:
        log.warning("object not read to its end", extra={"problem": error.type})
        raise StreamBroken("storage did not return the rest of an object") from None
    if not piece:
        raise StreamBroken("an object is shorter than it was")
    return piece
