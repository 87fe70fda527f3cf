"""Pages of an Ogg file: where each ends, and whether it is the last of its stream."""

import struct
from dataclasses import dataclass

PAGE_MARK = b"OggS"
PAGE_HEADER = struct.Struct("<4sxBq12xB")
"""A page's mark, flags, position in samples, and number of segments, whose lengths follow."""
MAX_PAGE_HEADER = PAGE_HEADER.size + 255
"""Bytes of the header and the lengths of as many segments as a page can have."""
IS_LAST = 4
"""The flag of a stream's last page."""


@dataclass(frozen=True)
class OggPage:
    position: int
    """Samples of the stream up to the page's end; 0 while there is no sound yet."""
    is_last: bool
    length: int
    """Bytes of the page with its header."""


def parse_page(data: bytes) -> OggPage | None:
    """Returns the page whose header these bytes begin with, or None if they begin with none."""
    if len(data) < PAGE_HEADER.size or not data.startswith(PAGE_MARK):
        return None
    _, flags, position, segments = PAGE_HEADER.unpack_from(data)
    body = PAGE_HEADER.size + segments
    segment_lengths = data[PAGE_HEADER.size : body]
    length = body + sum(segment_lengths)
    is_last = bool(flags & IS_LAST)
    return OggPage(position, is_last, length)
