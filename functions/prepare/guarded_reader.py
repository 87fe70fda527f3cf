"""A recording's bytes on their way to libav."""

import io
from collections.abc import Callable
from math import inf
from typing import BinaryIO, TypeVar

from shared.model.errors import NotAudio

T = TypeVar("T")

SILENT_BYTES = 2**28
"""Most bytes that are read before any sound comes: a file of nothing but empty chunks is walked
through for hours."""


class Reading:
    """The file as libav sees it: without a name to guess from, and at its end once a read has
    failed.

    libav would take an error for bad data and PyAV would print it, so it is kept for `check` to
    raise.
    """

    def __init__(self, file: BinaryIO) -> None:
        file.seek(0)
        self._file = file
        self._failure: Exception | None = None
        self._left: float = SILENT_BYTES

    def read(self, size: int) -> bytes:
        data = self._tried(self._file.read, size, otherwise=b"")
        self._left -= len(data)
        if self._left < 0 and self._failure is None:
            self._failure = NotAudio(
                f"no sound was found in the first {SILENT_BYTES} bytes that were read"
            )
        return data

    def heard(self) -> None:
        """Sound was found, so all of the file may be read."""
        self._left = inf

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._tried(self._file.seek, offset, whence, otherwise=-1)

    def tell(self) -> int:
        return self._tried(self._file.tell, otherwise=-1)

    def check(self) -> None:
        """Raise what a read raised."""
        if self._failure is not None:
            raise self._failure

    def _tried(self, method: Callable[..., T], *arguments: int, otherwise: T) -> T:
        if self._failure is not None:
            return otherwise
        try:
            return method(*arguments)
        except Exception as error:
            self._failure = error
            return otherwise
