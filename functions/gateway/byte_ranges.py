"""Reads the header `Range` as RFC 9110 defines it."""

import re
from dataclasses import dataclass

from shared.model.errors import RangeOutside

ONE_RANGE = re.compile(r"bytes=[ \t]*([0-9]{0,30})-([0-9]{0,30})[ \t]*", re.IGNORECASE)


@dataclass(frozen=True)
class ByteRange:
    """Bytes of an object, from `first` to `last`, which is among them."""

    first: int
    last: int

    @property
    def length(self) -> int:
        return self.last - self.first + 1


def requested_range(header: str, size: int) -> ByteRange | None:
    """Returns the range that a client asks for of an object of `size` bytes.

    None means all of it: for no range, one that is not understood, and several. Raises RangeOutside
    if nothing of the range is in the object.
    """
    found = ONE_RANGE.fullmatch(header)
    if found is None:
        return None
    first, last = found.groups()
    if first:
        return from_first(int(first), last, size)
    if last:
        return from_end(int(last), size)
    return None


def from_first(first: int, last: str, size: int) -> ByteRange | None:
    """Returns the range that begins at `first`. An empty `last` means all bytes from there on:
    Firefox takes an answer that ends earlier for the end of the recording."""
    end = int(last) if last else max(first, size - 1)
    if end < first:
        return None
    if first >= size:
        raise RangeOutside(f"It has {size} bytes.")
    return ByteRange(first, min(end, size - 1))


def from_end(length: int, size: int) -> ByteRange:
    """Returns the last `length` bytes, or all if there are fewer."""
    if not length or not size:
        raise RangeOutside(f"It has {size} bytes.")
    return ByteRange(max(0, size - length), size - 1)
