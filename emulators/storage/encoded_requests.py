"""Unpacks the bodies of requests that are sent with Content-Encoding gzip.

Java's client sends its JSON so, and gsutil and gcloud send whole uploads so (`-J`). Cloud Storage
stores what is unpacked. In the XML API this header describes the object, and nothing is unpacked.
"""

import zlib
from collections.abc import AsyncIterator

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emulators.storage.errors import JSON_API, Invalid
from emulators.storage.gzipped import Unpacker

OF_THE_PACKED_BODY = (b"content-encoding", b"content-length")


class DecodedRequests:
    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not is_packed(scope):
            await self.app(scope, receive, send)
            return
        headers = [item for item in scope["headers"] if item[0] not in OF_THE_PACKED_BODY]
        messages = unpacked(receive)
        await self.app({**scope, "headers": headers}, messages.__anext__, send)


def is_packed(scope: Scope) -> bool:
    if scope["type"] != "http" or not scope["path"].startswith(JSON_API):
        return False
    return Headers(scope=scope).get("content-encoding", "").lower() == "gzip"


async def unpacked(receive: Receive) -> AsyncIterator[Message]:
    """Yields the messages of a request, with the unpacked body."""
    unpacker, more = Unpacker(), True
    try:
        while more:
            message = await receive()
            if message["type"] != "http.request":
                yield message
                return
            more = message.get("more_body", False)
            for block in unpacker.unpack(message.get("body", b"")):
                yield {"type": "http.request", "body": block, "more_body": True}
        unpacker.finish()
    except zlib.error as error:
        raise Invalid(
            "The request body is not valid gzip, as its Content-Encoding says."
        ) from error
    yield {"type": "http.request", "body": b"", "more_body": False}
    while True:
        yield await receive()
