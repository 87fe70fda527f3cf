"""A file that several tracks read at once, each at a place of its own."""

import io
from typing import Any, BinaryIO

BUFFER = 2**18
"""Bytes that a track reads at once, since those of another may be far away."""


class TrackFile(io.RawIOBase):
    """A view of a seekable file with its own place, without a buffer."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence == io.SEEK_CUR:
            offset += self._position
            whence = io.SEEK_SET
        self._position = self._file.seek(offset, whence)
        return self._position

    def readinto(self, buffer: Any) -> int:
        self._file.seek(self._position)
        data = self._file.read(len(buffer))
        count = len(data)
        buffer[:count] = data
        self._position += count
        return count


def buffered_view(file: BinaryIO) -> io.BufferedReader:
    """Returns a view of the file that is read at its own place."""
    view = TrackFile(file)
    return io.BufferedReader(view, buffer_size=BUFFER)
