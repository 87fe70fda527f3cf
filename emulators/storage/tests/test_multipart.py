"""A multipart body is parsed in pieces of any size, and refused if it is cut off."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulators.storage.errors import Invalid
from emulators.storage.multipart import Related
from emulators.storage.resources import Resource

CONTENT_TYPE = 'multipart/related; boundary="==7=="'


def body(media: bytes) -> bytes:
    resource = b'--==7==\r\ncontent-type: application/json\r\n\r\n{"name": "a"}\r\n'
    head = b"--==7==\r\ncontent-type: audio/wav\r\n\r\n"
    return resource + head + media + b"\r\n--==7==--"


async def read(pieces: list[bytes]) -> tuple[Resource, str | None, bytes]:
    async def stream() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece
        yield b""  # as Starlette ends a body

    related = Related(stream(), CONTENT_TYPE)
    metadata, content_type = await related.head()
    return metadata, content_type, b"".join([piece async for piece in related.media()])


@given(st.binary(max_size=60) | st.just(b"\r\n--==7="), st.integers(1, 200))
def test_the_pieces_don_t_matter(media: bytes, size: int) -> None:
    whole = body(media)
    pieces = [whole[start : start + size] for start in range(0, len(whole), size)]
    assert asyncio.run(read(pieces)) == ({"name": "a"}, "audio/wav", media)


@pytest.mark.parametrize("length", [0, 5, 40, 80, 100, 107])
def test_a_body_that_ends_too_early_is_refused(length: int) -> None:
    with pytest.raises(Invalid):
        asyncio.run(read([body(b"media")[:length]]))


def test_an_endless_head_is_refused() -> None:
    with pytest.raises(Invalid):
        asyncio.run(read([b"--==7==\r\n\r\n"] + [b"x" * 65_536] * 3))
