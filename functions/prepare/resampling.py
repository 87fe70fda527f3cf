"""Sound at 16 kHz, out of whatever libav decodes: all channels mixed, or each for itself."""

from collections.abc import Iterator
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from shared.model.artifacts import SAMPLE_RATE
from shared.model.errors import BadOption

Samples = NDArray[np.int16]
SURROUND = 8
"""Channels of the largest layout that is mixed down by its loudspeakers' places."""
APART = 8
"""Channels that may be heard each for itself."""


class Mixed:
    """All channels in one row."""

    def __init__(self) -> None:
        self._resampler = Resampler()

    def rows(self, frame: Any) -> int:
        return 1

    def converted(self, frame: Any) -> Iterator[Samples]:
        """More channels than a cinema has are averaged: a row of microphones, for which libav has
        no mix."""
        layout = "mono" if frame.layout.nb_channels <= SURROUND else frame.layout.name
        yield from map(averaged, self._resampler.converted(frame, layout))

    def rest(self) -> Iterator[Samples]:
        yield from map(averaged, self._resampler.rest())


def averaged(rows: Samples) -> Samples:
    mean: Samples = rows.mean(axis=0, keepdims=True).astype(np.int16)
    return mean


class Apart:
    """A row for each channel of the first frame. Should their number change on the way, they are
    mixed into as many."""

    def __init__(self) -> None:
        self._resampler = Resampler()
        self._layout: Any = None

    def rows(self, frame: Any) -> int:
        return int(self._settled(frame).nb_channels)

    def converted(self, frame: Any) -> Iterator[Samples]:
        yield from self._resampler.converted(frame, self._settled(frame).name)

    def rest(self) -> Iterator[Samples]:
        yield from self._resampler.rest()

    def _settled(self, frame: Any) -> Any:
        if self._layout is None:
            if (found := frame.layout.nb_channels) > APART:
                raise BadOption(
                    f"channels is split, which takes up to {APART}; the recording has {found}"
                )
            self._layout = frame.layout
        return self._layout


class Resampler:
    """16 kHz out of whatever comes, even when its rate or layout changes on the way."""

    def __init__(self) -> None:
        self._filter: Any = None
        self._shape: tuple[str, str, int] | None = None

    def converted(self, frame: Any, layout: str) -> Iterator[Samples]:
        shape = (frame.format.name, frame.layout.name, frame.sample_rate)
        if shape != self._shape:
            yield from self.rest()
            self._shape = shape
        if self._filter is None:
            self._filter = av.AudioResampler(format="s16", layout=layout, rate=SAMPLE_RATE)
        yield from map(as_rows, self._filter.resample(frame))

    def rest(self) -> Iterator[Samples]:
        """What the filter still holds; after that it begins anew."""
        ended, self._filter = self._filter, None
        if ended is not None:
            yield from (as_rows(frame) for frame in ended.resample(None) if frame is not None)


def as_rows(frame: Any) -> Samples:
    """The samples of a packed frame: of planar ones PyAV 18 reads more than there is, and crashes
    with 8 channels."""
    samples: Samples = np.ascontiguousarray(
        frame.to_ndarray().reshape(-1, frame.layout.nb_channels).T
    )
    return samples
