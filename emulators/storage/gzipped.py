"""Unpacks gzip data a block at a time, so that little of it is in memory."""

import zlib
from collections.abc import Iterator

from emulators.storage.content import BLOCK

WITH_GZIP_HEADER = 16 + zlib.MAX_WBITS


class Unpacker:
    """Unpacks all members of gzip data."""

    def __init__(self) -> None:
        self.decoder = zlib.decompressobj(WITH_GZIP_HEADER)
        self.is_inside = False  # a member

    def unpack(self, packed: bytes) -> Iterator[bytes]:
        """Yields what the next `packed` bytes hold. Raises zlib.error for damaged data."""
        while packed:
            self.is_inside = True
            yield self.decoder.decompress(packed, BLOCK)
            packed = self.decoder.unconsumed_tail
            if self.decoder.eof:
                packed = self.decoder.unused_data.lstrip(b"\0")
                self.decoder = zlib.decompressobj(WITH_GZIP_HEADER)
                self.is_inside = False

    def finish(self) -> None:
        """Raises zlib.error if the end of the data is missing."""
        if self.is_inside:
            raise zlib.error("the end is missing")
