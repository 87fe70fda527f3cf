"""The file that libav reads: without a name, with a limit, and with errors kept for the caller."""

import io
from collections.abc import Callable
from math import inf
from typing import BinaryIO, TypeVar

from shared.model.errors import NotAudio

T = TypeVar("T")

MAX_BYTES_BEFORE_SOUND = 2**28
"""A file that consists of empty chunks alone would otherwise be read for hours."""


class GuardedReader:
    """A file for libav that seems to end once a read has failed.

    libav would take an error for bad data and PyAV would print it, so the error is kept until
    `raise_failure`. The file has no name for libav to guess a format from.
    """

    def __init__(self, file: BinaryIO) -> None:
        file.seek(0)
        self._file = file
        self._failure: Exception | None = None
        self._bytes_left: float = MAX_BYTES_BEFORE_SOUND

    def read(self, size: int) -> bytes:
        data = self._attempt(self._file.read, size, on_failure=b"")
        self._bytes_left -= len(data)
        if self._bytes_left < 0 and self._failure is None:
            start = f"the first {MAX_BYTES_BEFORE_SOUND} bytes that were read"
            self._failure = NotAudio(f"no sound was found in {start}")
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._attempt(self._file.seek, offset, whence, on_failure=-1)

    def tell(self) -> int:
        return self._attempt(self._file.tell, on_failure=-1)

    def lift_limit(self) -> None:
        """Let all of the file be read, because sound was found."""
        self._bytes_left = inf

    def raise_failure(self) -> None:
        """Raise the error of the first read that failed, if any did."""
        if self._failure is not None:
            raise self._failure

    def _attempt(self, method: Callable[..., T], *arguments: int, on_failure: T) -> T:
        if self._failure is not None:
            return on_failure
        try:
            return method(*arguments)
        except Exception as error:
            self._failure = error
            return on_failure
