"""A recording that is hashed while it is read, so that few of its bytes are read twice."""

import hashlib
import io
from typing import BinaryIO

MAX_SKIP = 2 << 20
"""Bytes that may be skipped and are read all the same: storage sends about as many at a time."""
BLOCK = 1 << 20
"""Bytes of the rest that are read at once."""


class HashedFile(io.RawIOBase):
    """A seekable file that hashes its bytes in order as they are read.

    Decoders read most files from beginning to end. A skip of at most MAX_SKIP, such as past a
    picture, is read on the way. After a longer one, such as to an index at the end, hashing goes on
    when reading comes back; otherwise `sha256` reads what is left.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self._hashed = 0
        """Bytes at the file's start that are hashed."""

    def read(self, size: int = -1, /) -> bytes:
        start = self._file.tell()
        skipped = start - self._hashed
        if 0 < skipped <= MAX_SKIP:
            self._file.seek(self._hashed)
            skipped_data = self._file.read(skipped)
            self._hash_next(skipped_data)
            self._file.seek(start)
        data = self._file.read(size)
        if start <= self._hashed:
            hashed_before = self._hashed - start
            self._hash_next(data[hashed_before:])
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def sha256(self) -> str:
        """Returns the SHA-256 of the whole file in hex. Reads what was not read in order."""
        self._file.seek(self._hashed)
        while block := self._file.read(BLOCK):
            self._hash_next(block)
        return self._digest.hexdigest()

    def _hash_next(self, data: bytes) -> None:
        self._digest.update(data)
        self._hashed += len(data)
