"""Parses multipart/related while it arrives: a JSON part of moderate size, then the media.

Lines end with CRLF or, as gcloud and gcsfs write them, with LF alone. Google takes both.
"""

import re
from collections.abc import AsyncIterator
from email.message import Message
from email.parser import BytesHeaderParser

from emulators.storage.errors import Invalid, Unserved
from emulators.storage.requests import parse_json
from emulators.storage.resources import Resource

LARGEST_HEAD = 64 * 1024
"""Bytes before the media."""
AS_IT_IS = ("7bit", "8bit", "binary")
BLANK_LINE = re.compile(rb"\r?\n(\r?\n)")


class Related:
    """A multipart/related body: read `head` first, then `media`."""

    def __init__(self, stream: AsyncIterator[bytes], content_type: str) -> None:
        self.stream = stream
        self.dashes = b"--" + boundary(content_type)
        self.delimiter = re.compile(rb"\r?\n" + re.escape(self.dashes))
        self.newline = b"\r\n"  # of the part that is being read
        self.buffer = b"\n"  # so that the first delimiter is like the others

    async def head(self) -> tuple[Resource, str | None]:
        """Returns the JSON and the media's content type."""
        await self.read_until(self.delimiter)
        await self.read_headers()
        text, _ = await self.read_until(self.delimiter)
        metadata = parse_json(text)
        headers = await self.read_headers()
        if headers.get("content-transfer-encoding", "binary").lower() not in AS_IT_IS:
            raise Unserved("The media of a multipart body is taken as it is, not in base64.")
        return metadata, headers["content-type"]

    async def read_headers(self) -> Message:
        """Returns the headers of the part whose delimiter was read, which end at a blank line."""
        lines, blank_line = await self.read_until(BLANK_LINE)
        self.newline = blank_line[1] or b""
        return BytesHeaderParser().parsebytes(lines.lstrip())

    async def read_until(self, mark: re.Pattern[bytes]) -> tuple[bytes, re.Match[bytes]]:
        """Reads up to `mark`. Returns the bytes before it, and the mark, which is read too."""
        while (match := mark.search(self.buffer)) is None:
            piece = await anext(self.stream, b"")
            if not piece or len(self.buffer) > LARGEST_HEAD:
                raise Invalid("Malformed multipart body.")
            self.buffer += piece
        before = self.buffer[: match.start()]
        self.buffer = self.buffer[match.end() :]
        return before, match

    async def media(self) -> AsyncIterator[bytes]:
        """Yields the media's bytes. Raises Invalid if the closing delimiter is missing.

        Its line ends as those of the media's headers did: before a bare LF, a CR is the media's.
        """
        delimiter = self.newline + self.dashes
        async for piece in self.stream:
            self.buffer += piece
            if delimiter in self.buffer:
                break
            safe = len(self.buffer) - len(delimiter)  # the rest may begin a delimiter
            if safe > 0:
                yield self.buffer[:safe]
                self.buffer = self.buffer[safe:]
        if delimiter not in self.buffer:
            raise Invalid("Malformed multipart body.")
        yield self.buffer.split(delimiter, 1)[0]
        async for _ in self.stream:  # the epilogue
            pass


def boundary(content_type: str) -> bytes:
    message = Message()
    message["content-type"] = content_type
    name = message.get_boundary()
    if not name:
        raise Invalid("The content type names no multipart boundary.")
    return name.strip("'").encode()
