"""Decodes recordings through prepare, from files that count their reads or fail."""

import io

import numpy as np

from functions.prepare.media import open_recording
from shared.model.artifacts import Media, StageWarning
from shared.model.errors import StorageUnavailable
from tests.support.audio_files import Samples

DAY = 24 * 3600.0
"""Seconds: a limit that no recording of a test reaches."""


def decode(
    data: bytes, max_seconds: float = DAY
) -> tuple[Samples, Media, tuple[StageWarning, ...]]:
    """Returns a recording's mix, and what was learned about it."""
    with open_recording(io.BytesIO(data), max_seconds) as recording:
        nothing = np.zeros((1, 0), np.int16)
        samples = np.concatenate([nothing, *recording.samples()], axis=1)
        return samples[0], recording.media, recording.warnings


def decode_file(file: io.BytesIO, max_seconds: float = DAY) -> int:
    """Decode all of an open file. Returns the number of samples."""
    with open_recording(file, max_seconds) as recording:
        return sum(samples.shape[1] for samples in recording.samples())


class CountingFile(io.BytesIO):
    """Counts the bytes that are read."""

    bytes_read = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.bytes_read += len(data)
        return data


class FailingFile(io.BytesIO):
    """Fails as storage does, at one read, counted from 1."""

    def __init__(self, data: bytes, failing_read: int) -> None:
        super().__init__(data)
        self._failing_read = failing_read
        self.reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.reads += 1
        if self.reads == self._failing_read:
            raise StorageUnavailable("503 from storage")
        return super().read(size)
