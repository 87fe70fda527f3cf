"""Samples between decoding and files: equal blocks, a buffer, and WAV files."""

import wave
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from functions.prepare.resampling import Samples
from shared.model.artifacts import SAMPLE_RATE


def equal_blocks(arrays: Iterable[Samples], length: int) -> Iterator[Samples]:
    """Yields the same samples in blocks of `length` columns; the last block may be shorter.

    Each array has a row per channel.
    """
    pending: list[Samples] = []
    pending_length = 0
    for array in arrays:
        pending.append(array)
        pending_length += array.shape[1]
        if pending_length < length:
            continue

        joined = np.concatenate(pending, axis=1)
        whole = pending_length // length * length
        for start in range(0, whole, length):
            yield joined[:, start : start + length]
        pending = [joined[:, whole:]]
        pending_length -= whole

    if pending_length:
        yield np.concatenate(pending, axis=1)


class SampleBuffer:
    """The samples of one channel that are still needed."""

    def __init__(self) -> None:
        self._blocks: list[Samples] = []
        self._start = 0
        self.end = 0

    def append(self, block: Samples) -> None:
        self._blocks.append(block)
        self.end += len(block)

    def slices(self, start: int, end: int) -> Iterator[Samples]:
        """Yields the samples from `start` to `end` without copying them."""
        block_start = self._start
        for block in self._blocks:
            first = max(0, start - block_start)
            last = max(0, end - block_start)
            samples = block[first:last]
            if samples.size:
                yield samples
            block_start += len(block)

    def read(self, start: int, end: int) -> Samples:
        slices = list(self.slices(start, end))
        return np.concatenate(slices)

    def drop_before(self, position: int) -> None:
        self._blocks = list(self.slices(position, self.end))
        self._start = position


def write_wav(path: Path, arrays: Iterable[Samples]) -> None:
    """Write mono samples to a WAV file, one array after the other."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        for array in arrays:
            file.writeframesraw(array.tobytes())
