"""Recordings taken apart into the pieces that their formats are made of, and put together again."""

import re
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Literal, Protocol


@dataclass
class Piece:
    """A box, chunk, element, page or frame."""

    head: bytes
    """Its kind and its size, as the format writes them."""
    body: bytes
    """All it holds, or what stands before the pieces inside."""
    inside: list["Piece"] = field(default_factory=list)
    tail: bytes = b""
    honest: bool = True
    """Whether its head tells its true size."""


class Format(Protocol):
    @property
    def tags(self) -> tuple[bytes, ...]:
        """Heads of pieces that hold metadata."""
        ...

    def parsed(self, data: bytes) -> list[Piece]: ...

    def sized(self, head: bytes, length: int) -> bytes:
        """The same head for so many bytes."""
        ...

    def sealed(self, piece: Piece, content: bytes) -> bytes:
        """The whole piece."""
        ...


def written(pieces: list[Piece], form: Format) -> bytes:
    return b"".join(
        form.sealed(piece, piece.body + written(piece.inside, form)) for piece in pieces
    )


@dataclass(frozen=True)
class Sized:
    """A kind and a size in front of each piece: RIFF, AIFF, CAF, ISO-BMFF, ASF, FLV and their
    like."""

    head: int
    """Bytes."""
    size: tuple[int, int]
    """Where in the head the size begins and ends."""
    big_endian: bool
    counted: int = 0
    """Bytes of the head that the size counts."""
    even: int = 1
    """Pieces begin at multiples of it."""
    after: int = 0
    """Bytes that follow each piece."""
    prefix: int = 0
    """Bytes that are before the first."""
    holds: Mapping[bytes, int] = field(default_factory=dict)
    """What a head contains whose piece holds others -> bytes before those."""
    tags: tuple[bytes, ...] = ()

    def parsed(self, data: bytes) -> list[Piece]:
        first = [Piece(b"", data[: self.prefix])] if self.prefix else []
        return [*first, *self._pieces(data[self.prefix :])]

    def sized(self, head: bytes, length: int) -> bytes:
        if len(head) != self.head:  # not of this structure
            return head
        start, end = self.size
        number: int = (length + self.counted) % 256 ** (end - start)
        return head[:start] + number.to_bytes(end - start, self._order) + head[end:]

    def sealed(self, piece: Piece, content: bytes) -> bytes:
        head = self.sized(piece.head, len(content)) if piece.honest else piece.head
        return head + content + piece.tail

    @property
    def _order(self) -> Literal["big", "little"]:
        return "big" if self.big_endian else "little"

    def _pieces(self, data: bytes) -> Iterator[Piece]:
        at = 0
        while at + self.head <= len(data):
            head = data[at : at + self.head]
            length = max(0, int.from_bytes(head[slice(*self.size)], self._order) - self.counted)
            end = at + self.head + length
            after = end + -(end - at) % self.even + self.after
            yield self._piece(head, data[at + self.head : end], data[end:after])
            at = after
        if at < len(data):
            yield Piece(b"", data[at:])

    def _piece(self, head: bytes, content: bytes, tail: bytes) -> Piece:
        for kind, own in self.holds.items():
            if kind in head:
                return Piece(head, content[:own], list(self._pieces(content[own:])), tail)
        return Piece(head, content, tail=tail)


class Flac(Sized):
    """Metadata blocks, of which the last says that it is, and frames."""

    def _pieces(self, data: bytes) -> Iterator[Piece]:
        at = 0
        for block in super()._pieces(data):
            yield block
            at += self.head + len(block.body)
            if block.head[0] & 0x80:
                break
        yield from Frames(rb"\xff[\xf8\xf9]").parsed(data[at:])


@dataclass(frozen=True)
class Frames:
    """Pieces that begin with a pattern. One that turns up by chance cuts a frame in two, which does
    no harm."""

    pattern: bytes
    tags: tuple[bytes, ...] = ()

    def parsed(self, data: bytes) -> list[Piece]:
        starts = [found.start() for found in re.finditer(self.pattern, data, re.DOTALL)]
        edges = sorted({0, *starts, len(data)})
        return [Piece(data[a : min(a + 8, b)], data[a + 8 : b]) for a, b in pairwise(edges)]

    def sized(self, head: bytes, length: int) -> bytes:
        return head

    def sealed(self, piece: Piece, content: bytes) -> bytes:
        return piece.head + content


class Ogg:
    """Pages. Each is given its right checksum, or it would be dropped unread."""

    tags = (b"OggS\0\2" + bytes(21),)

    def parsed(self, data: bytes) -> list[Piece]:
        pages = [page for page in re.split(rb"(?=OggS\0)", data) if page]
        return [Piece(page[: 27 + page[26]], page[27 + page[26] :]) for page in pages]

    def sized(self, head: bytes, length: int) -> bytes:
        """At most the 255 segments that a page may have."""
        segments = [255] * min(254, length // 255) + [length % 255]
        return head[:26] + bytes([len(segments), *segments])

    def sealed(self, piece: Piece, content: bytes) -> bytes:
        head = piece.head
        if piece.honest and sum(head[27:]) != len(content):
            head = self.sized(head, len(content))
        page = head[:22] + bytes(4) + head[26:] + content
        return page[:22] + struct.pack("<I", ogg_checksum(page)) + page[26:]


def ogg_checksum(data: bytes) -> int:
    crc = 0
    for byte in data:
        crc = (crc << 8 & 0xFFFFFFFF) ^ CRC[crc >> 24 ^ byte]
    return crc


def crc_entry(number: int) -> int:
    number <<= 24
    for _ in range(8):
        number = number << 1 ^ (0x104C11DB7 if number & 0x80000000 else 0)
    return number


CRC = [crc_entry(number) for number in range(256)]


EBML_HOLDS = (
    "18538067", "1654AE6B", "AE", "E1", "1F43B675", "A0", "1549A966", "1C53BB6B", "BB", "114D9B74", "4DBB", "1254C367",
    "7373", "67C8",
)  # fmt: skip
"""Segment, tracks, clusters, cues, tags and what is in them."""


class Ebml:
    """Matroska and WebM."""

    HOLDS = frozenset(map(bytes.fromhex, EBML_HOLDS))
    tags = (bytes.fromhex("1254C367 80"), bytes.fromhex("1941A469 80"), bytes.fromhex("EC 80"))

    def parsed(self, data: bytes) -> list[Piece]:
        return list(self._pieces(data))

    def sized(self, head: bytes, length: int) -> bytes:
        return head[: wide(head, 0)] + struct.pack(">Q", 1 << 56 | min(length, 2**56 - 2))

    def sealed(self, piece: Piece, content: bytes) -> bytes:
        return (self.sized(piece.head, len(content)) if piece.honest else piece.head) + content

    def _pieces(self, data: bytes) -> Iterator[Piece]:
        at = 0
        while at + 2 <= len(data):
            size_at = at + wide(data, at)
            body_at = size_at + wide(data, size_at)
            size = data[size_at:body_at]
            end = body_at + (int.from_bytes(size, "big") & (1 << 7 * len(size)) - 1)
            kind, content = data[at:size_at], data[body_at:end]
            inside = list(self._pieces(content)) if kind in self.HOLDS else []
            yield Piece(data[at:body_at], b"" if inside else content, inside)
            at = end


def wide(data: bytes, at: int) -> int:
    """Bytes of the number of variable length that begins there."""
    return 9 - data[at].bit_length() if at < len(data) and data[at] else 1
