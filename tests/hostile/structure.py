"""Parses recordings into the blocks that their formats consist of, and serializes them again."""

import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal, Protocol


@dataclass
class Block:
    """A box, chunk, element, page or frame."""

    header: bytes
    """Its kind and its size, as the format writes them."""
    body: bytes
    """All it holds, or what precedes its children."""
    children: list["Block"] = field(default_factory=list)
    trailer: bytes = b""
    size_is_true: bool = True
    """Whether its header is to declare its true size."""


class Format(Protocol):
    @property
    def metadata_headers(self) -> tuple[bytes, ...]:
        """Headers of blocks that hold metadata."""
        ...

    def parse(self, data: bytes) -> list[Block]: ...

    def with_size(self, header: bytes, length: int) -> bytes:
        """Returns the header for a body of so many bytes."""
        ...

    def serialize(self, block: Block, content: bytes) -> bytes:
        """Returns the bytes of a block whose body and children are `content`."""
        ...


def serialize(blocks: list[Block], form: Format) -> bytes:
    parts = []
    for block in blocks:
        content = block.body + serialize(block.children, form)
        parts.append(form.serialize(block, content))
    return b"".join(parts)


@dataclass(frozen=True)
class SizedFormat:
    """A kind and a size in front of each block: RIFF, AIFF, CAF, ISO-BMFF, ASF, FLV and others."""

    header_length: int
    """Bytes."""
    size: tuple[int, int]
    """Where in the header the size starts and ends."""
    big_endian: bool
    counted: int = 0
    """Bytes of the header that the size counts."""
    alignment: int = 1
    """Blocks start at multiples of it."""
    trailer_length: int = 0
    """Bytes that follow each block."""
    prefix_length: int = 0
    """Bytes before the first block."""
    parents: Mapping[bytes, int] = field(default_factory=dict)
    """Part of a header whose block has children -> bytes before those."""
    metadata_headers: tuple[bytes, ...] = ()

    def parse(self, data: bytes) -> list[Block]:
        blocks = list(self._blocks(data[self.prefix_length :]))
        if not self.prefix_length:
            return blocks
        prefix = Block(b"", data[: self.prefix_length])
        return [prefix, *blocks]

    def with_size(self, header: bytes, length: int) -> bytes:
        if len(header) != self.header_length:  # a block of another format
            return header
        start, end = self.size
        width = end - start
        number: int = (length + self.counted) % 256**width
        return header[:start] + number.to_bytes(width, self._byte_order) + header[end:]

    def serialize(self, block: Block, content: bytes) -> bytes:
        header = block.header
        if block.size_is_true:
            header = self.with_size(header, len(content))
        return header + content + block.trailer

    @property
    def _byte_order(self) -> Literal["big", "little"]:
        return "big" if self.big_endian else "little"

    def _blocks(self, data: bytes) -> Iterator[Block]:
        start = 0
        while start + self.header_length <= len(data):
            body_start = start + self.header_length
            header = data[start:body_start]
            declared = int.from_bytes(header[slice(*self.size)], self._byte_order)
            body_end = body_start + max(0, declared - self.counted)
            padding = -(body_end - start) % self.alignment
            end = body_end + padding + self.trailer_length
            yield self._block(header, data[body_start:body_end], data[body_end:end])
            start = end
        if start < len(data):
            yield Block(b"", data[start:])

    def _block(self, header: bytes, content: bytes, trailer: bytes) -> Block:
        for kind, own_length in self.parents.items():
            if kind in header:
                children = list(self._blocks(content[own_length:]))
                return Block(header, content[:own_length], children, trailer)
        return Block(header, content, trailer=trailer)


class FlacFormat(SizedFormat):
    """Metadata blocks, of which the last is marked, then frames."""

    def _blocks(self, data: bytes) -> Iterator[Block]:
        start = 0
        for block in super()._blocks(data):
            yield block
            start += self.header_length + len(block.body)
            is_last = block.header[0] & 0x80
            if is_last:
                break
        frames = PatternFormat(rb"\xff[\xf8\xf9]")
        yield from frames.parse(data[start:])


@dataclass(frozen=True)
class PatternFormat:
    """Blocks that start with a pattern. One that occurs by chance only divides a frame."""

    pattern: bytes
    metadata_headers: tuple[bytes, ...] = ()

    def parse(self, data: bytes) -> list[Block]:
        matches = re.finditer(self.pattern, data, re.DOTALL)
        edges = {0, len(data)}
        edges.update(match.start() for match in matches)
        blocks = []
        for start, end in pairwise(sorted(edges)):
            header_end = min(start + 8, end)
            blocks.append(Block(data[start:header_end], data[start + 8 : end]))
        return blocks

    def with_size(self, header: bytes, length: int) -> bytes:
        return header

    def serialize(self, block: Block, content: bytes) -> bytes:
        return block.header + content


class OggFormat:
    """Pages. Each gets its right checksum, or libav would skip it."""

    metadata_headers = (b"OggS\0\2" + bytes(21),)

    def parse(self, data: bytes) -> list[Block]:
        blocks = []
        for page in re.split(rb"(?=OggS\0)", data):
            if page:
                header_length = 27 + page[26]
                blocks.append(Block(page[:header_length], page[header_length:]))
        return blocks

    def with_size(self, header: bytes, length: int) -> bytes:
        """At most the 255 segments that a page may have."""
        full_segments = min(254, length // 255)
        segments = [255] * full_segments + [length % 255]
        return header[:26] + bytes([len(segments), *segments])

    def serialize(self, block: Block, content: bytes) -> bytes:
        header = block.header
        if block.size_is_true and sum(header[27:]) != len(content):
            header = self.with_size(header, len(content))
        page = header[:22] + bytes(4) + header[26:] + content
        return page[:22] + struct.pack("<I", ogg_checksum(page)) + page[26:]


def ogg_checksum(data: bytes) -> int:
    """Returns the CRC-32 with polynomial 0x04c11db7, without inversion (RFC 3533, section 6)."""
    crc = 0
    for byte in data:
        shifted = crc << 8 & 0xFFFFFFFF
        crc = shifted ^ CRC_TABLE[crc >> 24 ^ byte]
    return crc


def crc_entry(number: int) -> int:
    number <<= 24
    for _ in range(8):
        polynomial = 0x104C11DB7 if number & 0x80000000 else 0
        number = number << 1 ^ polynomial
    return number


CRC_TABLE = [crc_entry(number) for number in range(256)]


EBML_PARENTS = (
    "18538067 1654AE6B AE E1 1F43B675 A0 1549A966 1C53BB6B BB 114D9B74 4DBB 1254C367 7373 67C8"
)
"""Identifiers of elements with children: segment, tracks, clusters, cues, tags, and in them."""


class EbmlFormat:
    """Matroska and WebM."""

    parents = frozenset(bytes.fromhex(identifier) for identifier in EBML_PARENTS.split())
    metadata_headers = (
        bytes.fromhex("1254C367 80"),
        bytes.fromhex("1941A469 80"),
        bytes.fromhex("EC 80"),
    )

    def parse(self, data: bytes) -> list[Block]:
        return list(self._blocks(data))

    def with_size(self, header: bytes, length: int) -> bytes:
        identifier = header[: vint_width(header, 0)]
        size = 1 << 56 | min(length, 2**56 - 2)
        return identifier + struct.pack(">Q", size)

    def serialize(self, block: Block, content: bytes) -> bytes:
        header = block.header
        if block.size_is_true:
            header = self.with_size(header, len(content))
        return header + content

    def _blocks(self, data: bytes) -> Iterator[Block]:
        start = 0
        while start + 2 <= len(data):
            size_start = start + vint_width(data, start)
            body_start = size_start + vint_width(data, size_start)
            encoded_size = data[size_start:body_start]
            mask = (1 << 7 * len(encoded_size)) - 1
            end = body_start + (int.from_bytes(encoded_size, "big") & mask)

            header = data[start:body_start]
            content = data[body_start:end]
            children = []
            if data[start:size_start] in self.parents:
                children = list(self._blocks(content))
            yield Block(header, b"" if children else content, children)
            start = end


def vint_width(data: bytes, start: int) -> int:
    """Returns the bytes of the variable-length integer that starts there."""
    if start < len(data) and data[start]:
        return 9 - data[start].bit_length()
    return 1
