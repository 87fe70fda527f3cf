"""A file as libav may have it."""

import io
from collections.abc import Callable
from typing import BinaryIO, TypeVar

T = TypeVar("T")


class Reading:
    """The file as libav sees it: without a name to guess from, and at its end once a read has failed.

    libav would take an error for bad data and PyAV would print it, so it is kept for `check` to raise.
    """

    def __init__(self, file: BinaryIO) -> None:
        file.seek(0)
        self._file = file
        self._failure: Exception | None = None

    def read(self, size: int) -> bytes:
        return self._tried(self._file.read, size, otherwise=b"")

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
