"""Pages of an Ogg file: where each ends, and whether it is the last of its stream."""

import struct
from dataclasses import dataclass

PAGE_MARK = b"OggS"
PAGE_HEADER = struct.Struct("<4sxBqII4xB")
"""A page's mark, flags, position in samples, stream, number in its stream, and number of segments,
whose lengths follow."""
MAX_PAGE_HEADER = PAGE_HEADER.size + 255
"""Bytes of the header and the lengths of as many segments as a page can have."""
IS_LAST = 4
"""The flag of a stream's last page."""
FULL_SEGMENT = 255
"""Bytes of a segment that is not the last of its packet."""


@dataclass(frozen=True)
class OggPage:
    position: int
    """Samples of the stream up to the end of the last packet that ends in the page; 0 while there
    is no sound yet, -1 if no packet ends in it."""
    stream: int
    """The number by which streams that are mixed are told apart."""
    number: int
    """The number in the stream, by which a page that is lost is missed."""
    is_last: bool
    ends_inside_packet: bool
    """Whether the next page holds the rest of the last packet."""
    length: int
    """Bytes of the page with its header."""


def parse_page(data: bytes) -> OggPage | None:
    """Returns the page whose header these bytes begin with, or None if they begin with none."""
    if len(data) < PAGE_HEADER.size or not data.startswith(PAGE_MARK):
        return None
    _, flags, position, stream, number, segments = PAGE_HEADER.unpack_from(data)
    body = PAGE_HEADER.size + segments
    segment_lengths = data[PAGE_HEADER.size : body]
    length = body + sum(segment_lengths)
    return OggPage(
        position,
        stream,
        number,
        is_last=bool(flags & IS_LAST),
        ends_inside_packet=segment_lengths[-1:] == bytes([FULL_SEGMENT]),
        length=length,
    )
