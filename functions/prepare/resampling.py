"""Decoded frames -> samples at 16 kHz: all channels mixed, or a row for each."""

from collections.abc import Iterator
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from shared.model.artifacts import SAMPLE_RATE
from shared.model.errors import BadOption

Samples = NDArray[np.int16]
"""Of one channel, or with a row per channel."""
MAX_SURROUND_CHANNELS = 8
"""Channels of the largest layout (7.1) whose downmix libav knows."""
MAX_SPLIT_CHANNELS = 8


class Downmix:
    """All channels mixed into one row."""

    def __init__(self) -> None:
        self._resampler = Resampler()

    def rows(self, frame: Any) -> int:
        return 1

    def convert(self, frame: Any) -> Iterator[Samples]:
        """Yields the frame's samples.

        libav has no downmix for more channels than surround sound has, such as those of many
        microphones; they are averaged.
        """
        layout = frame.layout.name
        channels = frame.layout.nb_channels
        if channels <= MAX_SURROUND_CHANNELS:
            layout = "mono"
        for rows in self._resampler.convert(frame, layout):
            yield average(rows)

    def flush(self) -> Iterator[Samples]:
        for rows in self._resampler.flush():
            yield average(rows)


class SplitChannels:
    """A row for each channel of the first frame.

    If later frames have another number of channels, they are mixed to that of the first.
    """

    def __init__(self) -> None:
        self._resampler = Resampler()
        self._layout: Any = None

    def rows(self, frame: Any) -> int:
        layout = self._first_layout(frame)
        channels: int = layout.nb_channels
        return channels

    def convert(self, frame: Any) -> Iterator[Samples]:
        layout = self._first_layout(frame)
        yield from self._resampler.convert(frame, layout.name)

    def flush(self) -> Iterator[Samples]:
        yield from self._resampler.flush()

    def _first_layout(self, frame: Any) -> Any:
        if self._layout is None:
            channels = frame.layout.nb_channels
            if channels > MAX_SPLIT_CHANNELS:
                limit = f"channels is split, which takes up to {MAX_SPLIT_CHANNELS}"
                raise BadOption(f"{limit}; the recording has {channels}")
            self._layout = frame.layout
        return self._layout


class Resampler:
    """Converts frames to 16 kHz, even when their rate or layout changes on the way."""

    def __init__(self) -> None:
        self._resampler: Any = None
        self._input: tuple[str, str, int] | None = None

    def convert(self, frame: Any, layout: str) -> Iterator[Samples]:
        frame_input = (frame.format.name, frame.layout.name, frame.sample_rate)
        if frame_input != self._input:
            yield from self.flush()
            self._input = frame_input
        if self._resampler is None:
            self._resampler = av.AudioResampler(format="s16", layout=layout, rate=SAMPLE_RATE)
        for resampled in self._resampler.resample(frame):
            yield to_rows(resampled)

    def flush(self) -> Iterator[Samples]:
        """Yields the samples that libav still holds. The next frame starts a new resampler."""
        flushed = self._resampler
        if flushed is None:
            return
        self._resampler = None
        for resampled in flushed.resample(None):
            if resampled is not None:
                yield to_rows(resampled)


def to_rows(frame: Any) -> Samples:
    """Returns a packed frame's samples, a row per channel.

    Packed, because PyAV 18 reads beyond the end of planar ones and crashes with 8 channels.
    """
    channels = frame.layout.nb_channels
    interleaved = frame.to_ndarray()
    columns = interleaved.reshape(-1, channels)
    rows: Samples = np.ascontiguousarray(columns.T)
    return rows


def average(rows: Samples) -> Samples:
    mean = rows.mean(axis=0, keepdims=True)
    samples: Samples = mean.astype(np.int16)
    return samples
