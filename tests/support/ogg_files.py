"""Ogg files as pages that a test can leave out, renumber, move in time and write again."""

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from functions.prepare.ogg_pages import parse_page
from tests.hostile.structure import ogg_checksum

FIELDS = struct.Struct("<4s2xqII")
"""A page's mark, position, stream and number."""
CHECKSUM = slice(22, 26)


@dataclass(frozen=True)
class Page:
    data: bytes
    position: int
    stream: int
    number: int

    @property
    def is_header(self) -> bool:
        """Whether the page comes before the sound."""
        return not self.position

    def moved(self, position: int, number: int) -> "Page":
        """Returns the page at a later position, with a later number."""
        return replace(self, position=self.position + position, number=self.number + number)

    def written(self) -> bytes:
        data = bytearray(self.data)
        struct.pack_into("<qII", data, 6, self.position, self.stream, self.number)
        data[CHECKSUM] = bytes(4)
        data[CHECKSUM] = ogg_checksum(bytes(data)).to_bytes(4, "little")
        return bytes(data)


def pages_of(data: bytes) -> Iterator[Page]:
    place = 0
    while page := parse_page(data[place:]):
        end = place + page.length
        _, position, stream, number = FIELDS.unpack_from(data, place)
        yield Page(data[place:end], position, stream, number)
        place = end


def written(pages: Iterable[Page]) -> bytes:
    return b"".join(page.written() for page in pages)


def made_page(kind: int, position: int, number: int, packets: list[bytes]) -> Page:
    """Returns a page of short packets; the second bit of its kind begins a stream."""
    lengths = bytes(map(len, packets))
    header = FIELDS.pack(b"OggS", position, 1, number).ljust(26, b"\0")
    marked = header[:5] + bytes([kind]) + header[6:]
    data = marked + bytes([len(packets)]) + lengths + b"".join(packets)
    return Page(data, position, 1, number)
