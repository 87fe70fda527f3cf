"""Samples on their way through memory into files."""

import wave
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np

from functions.prepare.resampling import Samples
from shared.model.artifacts import SAMPLE_RATE


def blocks(pieces: Iterable[Samples], length: int) -> Iterator[Samples]:
    """The same rows of samples in blocks of one length, but for the last."""
    waiting: list[Samples] = []
    for piece in pieces:
        waiting.append(piece)
        if sum(part.shape[1] for part in waiting) >= length:
            sound = np.concatenate(waiting, axis=1)
            rest = sound.shape[1] // length * length
            yield from (sound[:, start : start + length] for start in range(0, rest, length))
            waiting = [sound[:, rest:]]
    last = np.concatenate(waiting, axis=1) if waiting else np.zeros((1, 0), np.int16)
    if last.size:
        yield last


class Tape:
    """The end of one row of samples: what no file has taken yet."""

    def __init__(self) -> None:
        self._blocks: list[Samples] = []
        self._start = 0
        self.end = 0

    def append(self, block: Samples) -> None:
        self._blocks.append(block)
        self.end += len(block)

    def pieces(self, start: int, end: int) -> Iterator[Samples]:
        at = self._start
        for block in self._blocks:
            if (part := block[max(0, start - at) : max(0, end - at)]).size:
                yield part
            at += len(block)

    def read(self, start: int, end: int) -> Samples:
        return np.concatenate(list(self.pieces(start, end)))

    def forget(self, before: int) -> None:
        self._blocks = list(self.pieces(before, self.end))
        self._start = before


def written(path: Path, pieces: Iterable[Samples]) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, SAMPLE_RATE, 0, "NONE", ""))
        for piece in pieces:
            file.writeframesraw(piece.tobytes())
    return path
