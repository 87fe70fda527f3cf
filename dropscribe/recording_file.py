"""A file that is being uploaded, read in pieces and watched for changes."""

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
        if len(content) != expected or self._fingerprint() != self.before:
            raise FileChanged(f"{self.path} changed while it was sent; it was not uploaded")
        return content

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
