"""A recording -> its chunks, spans and probe as WAV files, and a manifest that says where they are from."""

import wave
from collections.abc import Iterable, Iterator
from itertools import accumulate
from pathlib import Path

import numpy as np
from pydantic import Field

from functions.prepare import speech
from functions.prepare.cuts import Cutter, Piece, Splitter
from functions.prepare.media import Recording, Samples, recording
from functions.prepare.probe import Excerpt, Probe
from functions.prepare.speech import WINDOW, Stretch, Voice
from shared.contracts import Engine, Params
from shared.speech import SAMPLE_RATE, Chunk, Manifest, Region, Warning, Window
from shared.stage import Each, One, Output, Task

BLOCK = 64 * WINDOW
"""Samples (2 s) that go through the network at once."""


class Cutting(Params):
    """Into what to cut a recording."""

    chunk_seconds: float = Field(ge=10, le=300)
    """What a chunk should last. Chunks of a long recording last longer."""
    span_seconds: float = Field(ge=60)
    """What a span lasts at most."""
    max_seconds: float = Field(gt=0)
    """What a recording may last."""


def engine(params: Cutting) -> Engine:
    """What finds the speech. The same for all params."""
    return speech.engine()


def cut(task: Task[Cutting]) -> Iterator[Output]:
    """Yields each of `chunks` and `spans` as soon as it is complete, then `probe` and `manifest`.

    The recording is decoded once; what is held is never more than a span and the excerpts of the probe.
    """
    with task.original() as file, recording(file, task.params.max_seconds) as original:
        yield from Cuts(task, original).outputs()


class Cuts:
    """One pass over a recording."""

    def __init__(self, task: Task[Cutting], original: Recording) -> None:
        self._folder = task.folder
        self._recording = original
        self._voice = Voice()
        self._cutter = Cutter(task.params.chunk_seconds)
        self._splitter = Splitter(task.params.span_seconds)
        self._probe = Probe()
        self._tape = Tape()
        self._pieces: list[Piece] = []
        self._spans: list[Stretch] = []

    def outputs(self) -> Iterator[Output]:
        for block in blocks(self._recording.samples()):
            self._tape.append(block)
            for piece in self._cutter.push(self._voice.probabilities(block), self._recording.expected):
                yield from self._taken(piece)
        for piece in self._cutter.finish(self._tape.end):
            yield from self._taken(piece)
        yield self._span(self._splitter.finish())
        chosen = self._probe.chosen(self._tape.end)
        yield One("probe", written(self._folder / "probe.wav", (excerpt.sound for excerpt in chosen)))
        yield One("manifest", self._manifest(chosen))

    def _taken(self, piece: Piece) -> Iterator[Output]:
        sound = self._tape.read(piece.start, piece.end)
        self._probe.offer(piece, sound)
        for span in self._splitter.push(piece, self._recording.expected):
            yield self._span(span)
        yield Each("chunks", written(self._folder / f"chunk-{len(self._pieces)}.wav", [sound]))
        self._pieces.append(piece)

    def _span(self, span: Stretch) -> Output:
        path = written(self._folder / f"span-{len(self._spans)}.wav", self._tape.pieces(*span))
        self._tape.forget(span[1])
        self._spans.append(span)
        return Each("spans", path)

    def _manifest(self, chosen: list[Excerpt]) -> Manifest:
        return Manifest(
            media=self._recording.media,
            chunks=tuple(map(as_chunk, self._pieces)),
            spans=tuple(map(as_region, self._spans)),
            probe=as_windows(chosen),
            engine=speech.engine(),
            warnings=(
                *self._recording.warnings,
                *(cut_warning(piece) for piece in self._pieces if piece.inside_speech),
            ),
        )


class Tape:
    """The end of the recording: what no span has taken yet."""

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


def blocks(pieces: Iterable[Samples]) -> Iterator[Samples]:
    """The same samples in blocks of one length, but for the last."""
    block, filled = np.empty(BLOCK, np.int16), 0
    for piece in pieces:
        while len(piece):
            taken = min(len(piece), BLOCK - filled)
            block[filled : filled + taken] = piece[:taken]
            piece, filled = piece[taken:], filled + taken
            if filled == BLOCK:
                yield block
                block, filled = np.empty(BLOCK, np.int16), 0
    if filled:
        yield block[:filled]


def written(path: Path, pieces: Iterable[Samples]) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, SAMPLE_RATE, 0, "NONE", ""))
        for piece in pieces:
            file.writeframesraw(piece.tobytes())
    return path


def as_region(stretch: Stretch) -> Region:
    return Region(start=stretch[0] / SAMPLE_RATE, end=stretch[1] / SAMPLE_RATE)


def as_chunk(piece: Piece) -> Chunk:
    return Chunk(
        start=piece.start / SAMPLE_RATE, end=piece.end / SAMPLE_RATE, speech=tuple(map(as_region, piece.speech))
    )


def as_windows(chosen: list[Excerpt]) -> tuple[Window, ...]:
    """With where each begins in the probe, which holds one after the other."""
    offsets = accumulate((excerpt.end - excerpt.start for excerpt in chosen), initial=0)
    return tuple(
        Window(start=excerpt.start / SAMPLE_RATE, end=excerpt.end / SAMPLE_RATE, offset=offset / SAMPLE_RATE)
        for excerpt, offset in zip(chosen, offsets, strict=False)
    )


def cut_warning(piece: Piece) -> Warning:
    return Warning(
        code="cut_inside_speech",
        stage="prepare",
        message="nobody paused long enough near the end of a chunk, so a word may be cut in two",
        span=as_region((piece.end - SAMPLE_RATE // 2, piece.end + SAMPLE_RATE // 2)),
    )
