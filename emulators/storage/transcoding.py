"""Decompressive transcoding (cloud.google.com/storage/docs/transcoding): an object that is stored
with Content-Encoding gzip is unpacked for clients that do not take gzip.

Such a response ignores ranges and has neither a length nor a Content-Encoding.
"""

import asyncio
import re
from collections.abc import AsyncIterator
from typing import BinaryIO

from starlette.requests import Request

from emulators.storage.gzipped import Unpacker
from emulators.storage.resources import Resource

GZIP_MAGIC = b"\x1f\x8b"
NOT_AT_ALL = re.compile(r"0(\.0*)?")
"""The weight of an encoding that a client does not take."""
PACKED = 64 * 1024
"""Bytes that are unpacked at once, to at most 1032 times as many."""


def is_transcoded(request: Request, resource: Resource, file: BinaryIO) -> bool:
    """Returns whether the response is unpacked. An object that only claims to be gzip is not."""
    if resource.get("contentEncoding") != "gzip" or takes_gzip(request):
        return False
    if "no-transform" in resource.get("cacheControl", "").lower():
        return False
    is_gzip = file.read(len(GZIP_MAGIC)) == GZIP_MAGIC
    file.seek(0)
    return is_gzip


def takes_gzip(request: Request) -> bool:
    accepted = request.headers.get("accept-encoding", "").lower().split(",")
    for item in accepted:
        name, _, quality = item.replace(" ", "").partition(";q=")
        if name == "gzip":
            return NOT_AT_ALL.fullmatch(quality) is None
    return False


def transcoded_headers(headers: dict[str, str]) -> dict[str, str]:
    """Returns the headers of the unpacked response."""
    left_out = ("Content-Encoding", "Accept-Ranges")
    kept = {key: value for key, value in headers.items() if key not in left_out}
    return {**kept, "Warning": "214 UploadServer gunzipped"}


async def unpacked(file: BinaryIO) -> AsyncIterator[bytes]:
    """Yields the unpacked bytes. Damaged data, and those without an end, break the connection, as
    they would break Google's."""
    unpacker = Unpacker()
    with file:
        while packed := await asyncio.to_thread(file.read, PACKED):
            for block in unpacker.unpack(packed):
                yield block
    unpacker.finish()
