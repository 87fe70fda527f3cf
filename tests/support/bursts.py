"""Recordings with short tones at known times, to see where each is after decoding."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from tests.support.audio_files import Samples
from tests.support.recordings import RATE, silence

BURST = 0.4
"""Seconds of a tone."""
BLOCK = RATE // 100
"""Samples of which one loudness is measured: 10 ms."""
LOUD = 1500
"""Loudness above which a tone sounds."""


def with_bursts(times: Iterable[float], seconds: float) -> Samples:
    """Returns silence with a tone of 440 Hz at each time."""
    samples = silence(seconds)
    clock = np.arange(int(BURST * RATE)) / RATE
    burst = 12_000 * np.sin(2 * np.pi * 440 * clock)
    for time in times:
        start = round(time * RATE)
        samples[start : start + len(burst)] = burst.astype(np.int16)
    return samples


def burst_times(samples: Samples) -> list[float]:
    """Returns when each tone begins, in seconds. Between two there are at least 0.1 s."""
    blocks = samples[: len(samples) // BLOCK * BLOCK].astype(float).reshape(-1, BLOCK)
    loudness = np.sqrt((blocks**2).mean(axis=1))
    loud = np.flatnonzero(loudness > LOUD)
    distances = np.diff(loud, prepend=-100)
    return [float(block) / 100 for block in loud[distances > 10]]


def with_hole(at: float, seconds: float) -> Callable[[list[Any]], list[Any]]:
    """Returns what moves the packets from `at` seconds on by so many seconds."""

    def move(packets: list[Any]) -> list[Any]:
        first = float(packets[0].pts * packets[0].time_base)
        for packet in packets:
            if packet.pts * packet.time_base - first >= at:
                ticks = round(seconds / packet.time_base)
                packet.pts += ticks
                packet.dts += ticks
        return packets

    return move
