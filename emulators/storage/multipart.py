"""Parses multipart/related while it arrives: a JSON part of moderate size, then the media."""

from collections.abc import AsyncIterator
from email.message import Message
from email.parser import BytesHeaderParser

from emulators.storage.errors import Invalid
from emulators.storage.requests import parse_json
from emulators.storage.resources import Resource

LARGEST_HEAD = 64 * 1024  # bytes before the media
BLANK = b"\r\n\r\n"


class Related:
    """A multipart/related body: read `head` first, then `media`."""

    def __init__(self, stream: AsyncIterator[bytes], content_type: str) -> None:
        self.stream = stream
        self.delimiter = b"\r\n--" + boundary(content_type)
        self.buffer = b"\r\n"  # so that the first delimiter is like the others

    async def head(self) -> tuple[Resource, str | None]:
        """Returns the JSON and the media's content type."""
        await self.read_until(self.delimiter)
        await self.read_until(BLANK)
        metadata = parse_json(await self.read_until(self.delimiter))
        headers = BytesHeaderParser().parsebytes((await self.read_until(BLANK)).lstrip())
        return metadata, headers["content-type"]

    async def read_until(self, mark: bytes) -> bytes:
        """Reads up to `mark` and returns the bytes before it. The mark is read too."""
        while mark not in self.buffer:
            piece = await anext(self.stream, b"")
            if not piece or len(self.buffer) > LARGEST_HEAD:
                raise Invalid("Malformed multipart body.")
            self.buffer += piece
        before, self.buffer = self.buffer.split(mark, 1)
        return before

    async def media(self) -> AsyncIterator[bytes]:
        """Yields the media's bytes. Raises Invalid if the closing delimiter is missing."""
        async for piece in self.stream:
            self.buffer += piece
            if self.delimiter in self.buffer:
                break
            safe = len(self.buffer) - len(self.delimiter)  # the rest may begin a delimiter
            if safe > 0:
                yield self.buffer[:safe]
                self.buffer = self.buffer[safe:]
        if self.delimiter not in self.buffer:
            raise Invalid("Malformed multipart body.")
        yield self.buffer.split(self.delimiter, 1)[0]
        async for _ in self.stream:  # the epilogue
            pass


def boundary(content_type: str) -> bytes:
    message = Message()
    message["content-type"] = content_type
    name = message.get_boundary()
    if not name:
        raise Invalid("The content type names no multipart boundary.")
    return name.strip("'").encode()
