"""Every second of a made-up recording is heard at its time, or a warning names it or its place."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.model.artifacts import StageWarning
from tests.support.audio_files import encode
from tests.support.bursts import burst_times, with_bursts, with_hole
from tests.support.decoding import decode

TIMES = (0.5, 2.5)
SECONDS = 4.0
TONES = with_bursts(TIMES, SECONDS)
HOLE_AT = 1.5
TOLERANCE = 0.15
"""Seconds by which coders and their frames shift a tone."""
FORMATS: dict[str, Sequence[tuple[str, int]]] = {
    "ogg": (("libopus", 48_000), ("flac", 16_000), ("flac", 44_100)),
    "wav": (("pcm_s16le", 16_000), ("pcm_s16le", 48_000), ("pcm_alaw", 8_000)),
    "flac": (("flac", 16_000), ("flac", 48_000)),
    "matroska": (("libopus", 48_000), ("aac", 44_100), ("flac", 16_000)),
    "mp4": (("aac", 48_000), ("aac", 16_000)),
    "flv": (("aac", 44_100), ("libmp3lame", 44_100)),
    "mpegts": (("aac", 48_000), ("mp2", 48_000), ("aac", 16_000)),
    "adts": (("aac", 48_000), ("aac", 16_000)),
    "nut": (("mp2", 48_000), ("pcm_s16le", 16_000), ("aac", 44_100)),
    "voc": (("pcm_u8", 8_000), ("pcm_u8", 16_000)),
    "avi": (("mp2", 44_100), ("pcm_s16le", 16_000)),
    "sox": (("pcm_s32le", 16_000), ("pcm_s32le", 48_000)),
}
KEEPS_HOLES = frozenset({"ogg", "matroska", "mp4", "flv", "mpegts"})
KEEPS_STARTS = KEEPS_HOLES
DAMAGEABLE = frozenset({"mp4", "ogg", "wav"})
NAMED = re.compile(r"about ([\d.]+) s")


@dataclass(frozen=True)
class Part:
    """One of the joined recordings."""

    container: str
    codec: str
    rate: int
    channels: int
    start: float
    """The first timestamp."""
    hole: float
    """Seconds without packets in the middle."""
    is_damaged: bool
    """Its header is overwritten, so that none of it can be heard."""

    @property
    def seconds(self) -> float:
        return SECONDS + self.hole

    @property
    def times(self) -> tuple[float, ...]:
        """When its tones sound, from its own start."""
        first, second = TIMES
        return (first, second + self.hole)


@st.composite
def parts(draw: st.DrawFn) -> list[Part]:
    container = draw(st.sampled_from(sorted(FORMATS)))
    starts = [0.0, 10.0, 50_000.0] if container in KEEPS_STARTS else [0.0]
    holes = [0.0, 0.0, 5.0, 15.0] if container in KEEPS_HOLES else [0.0]
    start = draw(st.sampled_from(starts))
    joined = []
    for number in range(draw(st.integers(1, 3))):
        codec, rate = draw(st.sampled_from(FORMATS[container]))
        part = Part(
            container=container,
            codec=codec,
            rate=rate,
            channels=draw(st.integers(1, 2)),
            start=start,
            hole=draw(st.sampled_from(holes)),
            is_damaged=number > 0 and container in DAMAGEABLE and draw(st.booleans()),
        )
        joined.append(part)
    return joined


@cache
def encoded(part: Part) -> bytes:
    samples = TONES.repeat(part.channels)
    settings: dict[str, Any] = {}
    if part.hole:
        settings["change_packets"] = with_hole(HOLE_AT, part.hole)
    data = encode(
        part.container,
        part.codec,
        samples,
        rate=part.rate,
        layout="stereo" if part.channels == 2 else "mono",
        later=part.start,
        **settings,
    )
    if part.is_damaged:
        return bytes(200) + data[200:]
    return data


def named_seconds(warnings: Sequence[StageWarning]) -> float:
    """Returns the seconds that warnings say were not read."""
    found = [NAMED.search(warning.message) for warning in warnings if warning.code == "not_read"]
    return sum(float(match[1]) for match in found if match)


def leaps(joined: Sequence[Part]) -> bool:
    """Returns whether a broadcast's clock leaps so far that it may be a pause or a joint."""
    return joined[0].container == "mpegts" and any(part.hole > 10 for part in joined)


@settings(max_examples=25, deadline=None)
@given(parts())
def test_seconds_in_are_seconds_heard_and_seconds_named(joined: list[Part]) -> None:
    heard = [part for part in joined if not part.is_damaged]
    samples, media, warnings = decode(b"".join(map(encoded, joined)))
    codes = {warning.code for warning in warnings}
    if leaps(joined):
        assert "time_uncertain" in codes
        assert len(burst_times(samples)) == len(TIMES) * len(joined)
        return
    expected = []
    position = 0.0
    for part in heard:
        expected += [position + time for time in part.times]
        position += part.seconds
    tolerance = TOLERANCE * len(joined)
    assert burst_times(samples) == pytest.approx(expected, abs=tolerance)
    assert media.duration == pytest.approx(position, abs=tolerance)
    has_damage = len(heard) < len(joined)
    assert ("not_read" in codes) == has_damage
    damaged_seconds = SECONDS * (len(joined) - len(heard))
    if is_uniform(joined):
        assert named_seconds(warnings) == pytest.approx(damaged_seconds, rel=0.5)


def is_uniform(joined: Sequence[Part]) -> bool:
    """Returns whether all parts take about as many bytes for a second, so that it can be judged."""
    first = joined[0]
    alike = {(part.codec, part.rate, part.channels, part.hole) for part in joined}
    return len(alike) == 1 and first.hole == 0
