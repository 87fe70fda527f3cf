"""Samples between decoding and files: equal blocks, a buffer, and WAV files."""

import wave
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from shared.model.artifacts import SAMPLE_RATE

Samples = NDArray[np.int16]
"""Of one channel, or with a row per channel."""
Rows = NDArray[np.float32]
"""Samples with a row per channel; full scale is from -1 to 1."""
Array = TypeVar("Array", Samples, Rows)


class BlockBuffer(Generic[Array]):
    """Divides a stream of arrays with a row per channel into blocks of `length` columns.

    A block is held back until more follows, so only `flush` gives the last.
    """

    def __init__(self, length: int) -> None:
        self._length = length
        self._pending: list[Array] = []
        self._pending_length = 0

    def push(self, array: Array) -> Iterator[Array]:
        """Yields the blocks that are complete."""
        self._pending.append(array)
        self._pending_length += array.shape[1]
        complete = (self._pending_length - 1) // self._length
        if complete < 1:
            return

        joined = np.concatenate(self._pending, axis=1)
        whole = complete * self._length
        self._pending = [joined[:, whole:]]
        self._pending_length -= whole
        for start in range(0, whole, self._length):
            yield joined[:, start : start + self._length]

    def flush(self) -> Iterator[Array]:
        """Yields the last block, of at most `length` columns, unless nothing was pushed."""
        pending = self._pending
        length = self._pending_length
        self._pending = []
        self._pending_length = 0
        if length:
            yield np.concatenate(pending, axis=1)


def equal_blocks(arrays: Iterable[Samples], length: int) -> Iterator[Samples]:
    """Yields the same samples in blocks of `length` columns; the last block may be shorter.

    Each array has a row per channel.
    """
    buffer = BlockBuffer[Samples](length)
    for array in arrays:
        yield from buffer.push(array)
    yield from buffer.flush()


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
        slices = self.slices(start, end)
        return np.concatenate(list(slices))

    def drop_before(self, position: int) -> None:
        remaining = self.slices(position, self.end)
        self._blocks = list(remaining)
        self._start = position


def write_wav(path: Path, arrays: Iterable[Samples]) -> None:
    """Write mono samples to a WAV file, one array after the other."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        for array in arrays:
            file.writeframesraw(array.tobytes())
