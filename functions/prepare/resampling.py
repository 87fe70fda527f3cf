"""Decoded frames -> samples at 16 kHz: all channels mixed, or a row for each."""

from collections.abc import Iterator
from math import log10
from typing import Any

import av
import numpy as np

from functions.prepare.full_scale import MIN_REPORTED, FullScale
from functions.prepare.mixing import Mixer, mix_weights
from functions.prepare.sample_buffer import BlockBuffer, Rows, Samples
from functions.prepare.stage_warning import prepare_warning
from shared.model.artifacts import SAMPLE_RATE, StageWarning
from shared.model.audio import FULL_SCALE
from shared.model.errors import BadOption

MAX_SPLIT_CHANNELS = 8
MAX_SAMPLE = np.float32(2**31)
"""Largest floating-point sample: 32-bit integers that were not scaled."""
MIN_MASKED_SECONDS = 1.0
"""Drowned voices that are reported. Less is often a noise."""
BLOCK = 8192
"""Samples (0.5 s) that are mixed and scaled at once, whatever the size of packets is."""


class Downmix:
    """All channels mixed into one row."""

    def __init__(self) -> None:
        self._resampler = Resampler()
        self._blocks = BlockBuffer[Rows](BLOCK)
        self._full_scale = FullScale()
        self._layout: str | None = None
        self._mixer = Mixer(mix_weights(["FC"]))
        self._cancelled_seconds = 0.0
        self._masked_seconds = 0.0

    def rows(self, frame: Any) -> int:
        return 1

    def convert(self, frame: Any) -> Iterator[Samples]:
        """Yields the samples of the blocks that the frame completes."""
        layout: str = frame.layout.name
        if layout != self._layout:
            yield from self.flush()
            self._layout = layout
            self._mixer = self._new_mixer(frame.layout)
        for rows in self._resampler.convert(frame, layout):
            yield from self._push(rows)

    def flush(self) -> Iterator[Samples]:
        """Yields all samples that were held back. The next frame starts a new block."""
        for rows in self._resampler.flush():
            yield from self._push(rows)
        for rest in self._blocks.flush():
            mixed = self._mixer.flush(rest)
            yield self._full_scale.convert(mixed)

    @property
    def is_silent(self) -> bool:
        """Whether nothing that was converted so far is sound."""
        return self._full_scale.is_silent

    def warnings(self) -> list[StageWarning]:
        """Returns the warnings of what was mixed so far."""
        cancelled = self._cancelled_seconds + self._mixer.cancelled_seconds
        masked = self._masked_seconds + self._mixer.masked_seconds
        return [
            *cancellation_warnings(cancelled),
            *masking_warnings(masked),
            *full_scale_warnings(self._full_scale),
        ]

    def _push(self, rows: Rows) -> Iterator[Samples]:
        for block in self._blocks.push(rows):
            mixed = self._mixer.push(block)
            yield self._full_scale.convert(mixed)

    def _new_mixer(self, layout: Any) -> Mixer:
        self._cancelled_seconds += self._mixer.cancelled_seconds
        self._masked_seconds += self._mixer.masked_seconds
        roles = [channel.name for channel in layout.channels]
        weights = mix_weights(roles)
        return Mixer(weights)


class SplitChannels:
    """A row for each channel of the first frame.

    If later frames have another number of channels, they are mixed to that of the first.
    """

    def __init__(self) -> None:
        self._resampler = Resampler()
        self._blocks = BlockBuffer[Rows](BLOCK)
        self._full_scale = FullScale()
        self._layout: Any = None

    def rows(self, frame: Any) -> int:
        layout = self._first_layout(frame)
        channels: int = layout.nb_channels
        return channels

    def convert(self, frame: Any) -> Iterator[Samples]:
        layout = self._first_layout(frame)
        for rows in self._resampler.convert(frame, layout.name):
            yield from self._push(rows)

    def flush(self) -> Iterator[Samples]:
        """Yields all samples that were held back. The next frame starts a new block."""
        for rows in self._resampler.flush():
            yield from self._push(rows)
        for rest in self._blocks.flush():
            yield self._full_scale.convert(rest)

    @property
    def is_silent(self) -> bool:
        """Whether nothing that was converted so far is sound."""
        return self._full_scale.is_silent

    def warnings(self) -> list[StageWarning]:
        """Returns the warnings of what was converted so far."""
        return full_scale_warnings(self._full_scale)

    def _push(self, rows: Rows) -> Iterator[Samples]:
        for block in self._blocks.push(rows):
            yield self._full_scale.convert(block)

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

    def convert(self, frame: Any, layout: str) -> Iterator[Rows]:
        frame_input = (frame.format.name, frame.layout.name, frame.sample_rate)
        if frame_input != self._input:
            yield from self.flush()
            self._input = frame_input
        if self._resampler is None:
            self._resampler = av.AudioResampler(format="flt", layout=layout, rate=SAMPLE_RATE)
        for resampled in self._resampler.resample(frame):
            yield to_rows(resampled)

    def flush(self) -> Iterator[Rows]:
        """Yields the samples that libav still holds. The next frame starts a new resampler."""
        flushed = self._resampler
        if flushed is None:
            return
        self._resampler = None
        for resampled in flushed.resample(None):
            if resampled is not None:
                yield to_rows(resampled)


def to_rows(frame: Any) -> Rows:
    """Returns a packed frame's samples, a row per channel.

    Packed, because PyAV 18 reads beyond the end of planar ones and crashes with 8 channels. Damaged
    files have any numbers: infinite and undefined ones become silence, huge ones are limited.
    """
    channels = frame.layout.nb_channels
    interleaved = frame.to_ndarray()
    finite = np.nan_to_num(interleaved, nan=0.0, posinf=0.0, neginf=0.0)
    limited = finite.clip(-MAX_SAMPLE, MAX_SAMPLE)
    by_moment = limited.reshape(-1, channels)
    rows: Rows = np.ascontiguousarray(by_moment.T)
    return rows


def cancellation_warnings(seconds: float) -> list[StageWarning]:
    if seconds <= 0:
        return []
    message = (
        f"for {seconds:.1f} s the channels cancel each other when they are mixed, as when one has "
        "the opposite phase; the mix was rebuilt there from the single channels"
    )
    return [prepare_warning("channels_cancel", message)]


def masking_warnings(seconds: float) -> list[StageWarning]:
    if seconds < MIN_MASKED_SECONDS:
        return []
    message = (
        f"for {seconds:.1f} s a voice on one channel is drowned by the sound of another; the "
        "louder one was left out there. channels=split transcribes each channel by itself"
    )
    return [prepare_warning("channel_masked", message)]


def full_scale_warnings(full_scale: FullScale) -> list[StageWarning]:
    if full_scale.is_too_quiet:
        decibels = 20 * log10(full_scale.swing / FULL_SCALE)
        message = (
            f"the loudest sound is at {decibels:.0f} dBFS, which is too quiet for speech to be "
            "found; amplify the recording before the upload"
        )
        return [prepare_warning("too_quiet", message)]
    level = full_scale.highest_level
    if level < MIN_REPORTED:
        return []
    message = (
        f"samples are up to {level:.1f} times full scale; "
        f"{full_scale.reduced_seconds:.1f} s were made quieter so that nothing is clipped"
    )
    return [prepare_warning("over_full_scale", message)]
