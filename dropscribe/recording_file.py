"""A file that is being uploaded, read in pieces and watched for changes."""

import io
import os
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from dropscribe.errors import FileChanged


@dataclass(frozen=True)
class Fingerprint:
    """What changes when a file is written to."""

    size: int
    modified: int
    """In nanoseconds since the epoch."""


class RecordingFile:
    """An open file that must not change."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file: BinaryIO = path.open("rb")
        self.before = self._fingerprint()

    @property
    def size(self) -> int:
        return self.before.size

    def piece(self, first: int, length: int) -> bytes:
        """Returns so many bytes from the offset `first` on. Raises FileChanged."""
        self.file.seek(first)
        content = self.file.read(length)
        expected = min(length, self.size - first)
        if len(content) != expected:
            raise self._changed()
        self.refuse_changed()
        return content

    def refuse_changed(self) -> None:
        """Raises FileChanged if the file was written to since it was opened."""
        if self._fingerprint() != self.before:
            raise self._changed()

    def _changed(self) -> FileChanged:
        return FileChanged(f"{self.path} changed while it was sent; it was not uploaded")

    def _fingerprint(self) -> Fingerprint:
        found = os.fstat(self.file.fileno())
        return Fingerprint(found.st_size, found.st_mtime_ns)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.file.close()


class WatchedReader(io.BufferedReader):
    """Reads a recording from its begin to its end. Raises FileChanged, which breaks off the request
    that sends it."""

    def __init__(self, recording: RecordingFile) -> None:
        super().__init__(io.FileIO(recording.file.fileno(), closefd=False))
        self._recording = recording

    def read(self, size: int | None = -1, /) -> bytes:
        content = super().read(size)
        self._recording.refuse_changed()
        return content
