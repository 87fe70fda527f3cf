"""A multipart body is parsed in pieces, with CRLF or LF, and refused if it is cut off."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulators.storage.errors import Invalid
from emulators.storage.multipart import Related
from emulators.storage.resources import Resource

CONTENT_TYPE = 'multipart/related; boundary="==7=="'


def body(media: bytes, newline: bytes = b"\r\n") -> bytes:
    lines = [
        b"--==7==",
        b"content-type: application/json",
        b"",
        b'{"name": "a"}',
        b"--==7==",
        b"MIME-Version: 1.0",
        b"content-type: audio/wav",
        b"",
        media,
        b"--==7==--",
    ]
    return newline.join(lines)


async def read(pieces: list[bytes]) -> tuple[Resource, str | None, bytes]:
    async def stream() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece
        yield b""  # as Starlette ends a body

    related = Related(stream(), CONTENT_TYPE)
    metadata, content_type = await related.head()
    return metadata, content_type, b"".join([piece async for piece in related.media()])


@given(
    st.binary(max_size=60) | st.sampled_from([b"\r\n--==7=", b"ends with CR\r", b"and LF\n", b""]),
    st.sampled_from([b"\r\n", b"\n"]),
    st.integers(1, 200),
)
def test_neither_pieces_nor_line_ends_matter(media: bytes, newline: bytes, size: int) -> None:
    whole = body(media, newline)
    pieces = [whole[start : start + size] for start in range(0, len(whole), size)]
    assert asyncio.run(read(pieces)) == ({"name": "a"}, "audio/wav", media)


@pytest.mark.parametrize("newline", [b"\r\n", b"\n"])
@pytest.mark.parametrize("missing", [3, 10, 40, 80, 100, 125])
def test_a_body_that_ends_too_early_is_refused(missing: int, newline: bytes) -> None:
    whole = body(b"media", newline)
    with pytest.raises(Invalid):
        asyncio.run(read([whole[:-missing]]))


def test_an_endless_head_is_refused() -> None:
    with pytest.raises(Invalid):
        asyncio.run(read([b"--==7==\r\n\r\n"] + [b"x" * 65_536] * 3))
