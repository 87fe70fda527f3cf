"""The boxes of MP4 and QuickTime files: what is cut off, and whether the sound is encrypted."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

MAX_BOXES = 1000
"""Boxes that are read of a file: one in fragments has thousands, which follow its index."""
BOX_HEADER = struct.Struct(">I4s")
"""Length and kind of a box. A length of 1 says that one of 64 bits follows."""
FRAGMENT_HEADER = struct.Struct(">4x4s4xI")
"""Kind of the box, and number of the fragment."""
MAX_BOX_HEADER = BOX_HEADER.size + 8
"""Bytes of a header with the length of 64 bits."""
MAX_INDEX = 2**24
"""Bytes that are read of an index."""
FIRST_KINDS = (b"ftyp", b"moov", b"mdat", b"styp", b"free", b"skip", b"wide", b"pnot", b"uuid")
"""Boxes that a file may begin with."""
ENCRYPTED_ENTRIES = frozenset({b"enca", b"drms", b"aavd"})
"""Kinds of sample entries of sound that cannot be decoded without a key: Common Encryption,
FairPlay and Audible."""
ENCRYPTION_MARKERS = (
    b"sinf",
    b"pssh",
    b"adrm",
    bytes.fromhex("A2394F525A9B4F14A2446C427C648DF4"),
    bytes.fromhex("8974DBCE7BE74C5184F97148F9882554"),
    bytes.fromhex("D08A4F1810F34A82B6C832D8ABA183D3"),
)
"""What the index of an encrypted file holds. The last three are the boxes of PIFF."""


@dataclass(frozen=True)
class Box:
    kind: bytes
    start: int
    body: int
    """Offset of its content."""
    end: int


@dataclass(frozen=True)
class Mp4Structure:
    """The boxes at the top of a file."""

    index: bytes | None
    """Content of its index (moov); None if it has none."""
    is_cut: bool
    """A box reaches beyond the file's end, or what the index refers to is missing."""
    has_malformed_box: bool
    first_fragment: int = 1
    """The number of the first fragment. A whole file begins with 1, or with 0."""

    @property
    def is_encrypted(self) -> bool:
        """Returns whether every track of sound needs a key."""
        index = self.index or b""
        entries = set(sound_entries(index))
        if not entries:
            return False
        return entries <= ENCRYPTED_ENTRIES

    @property
    def is_fragmented(self) -> bool:
        """Returns whether the index says that fragments follow."""
        index = self.index or b""
        return b"mvex" in index

    @property
    def names_encryption(self) -> bool:
        """Returns whether the index holds anything of an encrypted file."""
        index = self.index or b""
        return any(marker in index for marker in ENCRYPTION_MARKERS)


def read_mp4_structure(file: BinaryIO, size: int) -> Mp4Structure | None:
    """Returns the boxes of an MP4 or QuickTime file, or None if it is another file."""
    file.seek(4)
    if file.read(4) not in FIRST_KINDS:
        return None
    index = None
    has_sound = False
    first_fragment = 1
    end = 0
    for box in file_boxes(file, size):
        end = box.end
        if box.kind == b"moov":
            file.seek(box.body)
            length = min(box.end - box.body, MAX_INDEX)
            index = file.read(length)
        if box.kind == b"moof" and not has_sound:
            first_fragment = fragment_number(file, box)
        if box.kind in (b"mdat", b"moof"):
            has_sound = True
        if index is not None and has_sound:
            break
    is_complete = index is not None and has_sound
    next_body = end + BOX_HEADER.size
    holds_another_box = next_body <= size
    has_malformed_box = holds_another_box and not is_complete
    lacks_the_rest = not holds_another_box and not is_complete
    is_cut = end > size or lacks_the_rest
    return Mp4Structure(index, is_cut, has_malformed_box, first_fragment)


def fragment_number(file: BinaryIO, fragment: Box) -> int:
    """Returns the number in a fragment's header, which comes first in it; 1 if there is none."""
    file.seek(fragment.body)
    data = file.read(FRAGMENT_HEADER.size)
    if len(data) < FRAGMENT_HEADER.size:
        return 1
    kind: bytes
    number: int
    kind, number = FRAGMENT_HEADER.unpack(data)
    if kind != b"mfhd":
        return 1
    return number


def file_boxes(file: BinaryIO, size: int) -> Iterator[Box]:
    """Yields the boxes at the top, until one is malformed or reaches beyond the file's end."""
    start = 0
    for _ in range(MAX_BOXES):
        file.seek(start)
        header = file.read(MAX_BOX_HEADER)
        box = parse_box(header, start, size)
        if box is None:
            return
        yield box
        if box.end >= size:
            return
        start = box.end


def parse_box(header: bytes, start: int, limit: int) -> Box | None:
    """Returns the box whose first MAX_BOX_HEADER bytes these are, or None if it is malformed.

    A box of size 0 reaches to `limit`.
    """
    if len(header) < BOX_HEADER.size:
        return None
    length, kind = BOX_HEADER.unpack_from(header)
    header_length = BOX_HEADER.size
    if length == 1 and len(header) == MAX_BOX_HEADER:
        long_length = header[BOX_HEADER.size :]
        length = int.from_bytes(long_length, "big")
        header_length = MAX_BOX_HEADER
    if length == 0:
        length = limit - start
    if length < header_length:
        return None
    body = start + header_length
    end = start + length
    return Box(kind, start, body, end)


def inner_boxes(data: bytes, start: int, end: int) -> Iterator[Box]:
    """Yields the boxes inside a box's content."""
    while start < end:
        header = data[start : start + MAX_BOX_HEADER]
        box = parse_box(header, start, end)
        if box is None or box.end > end:
            return
        yield box
        start = box.end


def sound_entries(index: bytes) -> Iterator[bytes]:
    """Yields the kinds of the sample entries of every track of sound."""
    for track in inner_boxes(index, 0, len(index)):
        for media in boxes_at(index, track, (b"trak", b"mdia")):
            if is_sound(index, media):
                yield from entry_kinds(index, media)


def boxes_at(data: bytes, box: Box, path: tuple[bytes, ...]) -> Iterator[Box]:
    """Yields the boxes that the kinds of a path lead to, the first of which is of `box`."""
    if box.kind != path[0]:
        return
    if len(path) == 1:
        yield box
        return
    for inner in inner_boxes(data, box.body, box.end):
        yield from boxes_at(data, inner, path[1:])


def is_sound(data: bytes, media: Box) -> bool:
    for handler in boxes_at(data, media, (b"mdia", b"hdlr")):
        kind_start = handler.body + 8
        kind = data[kind_start : kind_start + 4]
        if kind == b"soun":
            return True
    return False


def entry_kinds(data: bytes, media: Box) -> Iterator[bytes]:
    path = (b"mdia", b"minf", b"stbl", b"stsd")
    for description in boxes_at(data, media, path):
        entries_start = description.body + 8
        for entry in inner_boxes(data, entries_start, description.end):
            yield entry.kind
