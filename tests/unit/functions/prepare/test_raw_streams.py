"""In streams without timestamps, what is damaged is silent at its place, and its seconds are named.

Such a stream has no header that tells its length: what was decoded tells how long bytes last.
"""

import re
from collections.abc import Sequence
from functools import cache

import numpy as np
import pytest

from shared.model.artifacts import StageWarning
from tests.support.audio_files import encode
from tests.support.bursts import burst_times, with_bursts
from tests.support.decoding import decode
from tests.support.recordings import RATE

STREAMS = {
    "aac": ("adts", "aac", 44_100),
    "ac3": ("ac3", "ac3", 48_000),
    "eac3": ("eac3", "eac3", 48_000),
    "latm": ("latm", "aac", 44_100),
    "mp2": ("mp2", "mp2", 48_000),
    "mp3": ("mp3", "libmp3lame", 44_100),
}
"""Container, codec and sample rate."""
SECONDS = 6.0
TIMES = (0.5, 5.0)
"""When tones sound, before and after the damage."""
SOUND = np.clip(
    with_bursts(TIMES, SECONDS).astype(np.int32)
    + np.random.default_rng(1).integers(-300, 300, int(SECONDS * RATE)),
    -32768,
    32767,
).astype(np.int16)
"""With noise between the tones, so that all of it takes bytes."""
FIRST, LAST = 0.4, 0.6
"""Of the bytes that are damaged."""
PACKETS = 0.15
"""Seconds by which a few packets may differ from their average."""
ID3 = b"ID3\4\0\0" + bytes((0, 0, 100, 0)) + bytes([1]) * (100 << 7)
APE_HEADER = b"APETAGEX" + bytes((0xD0, 7, 0, 0)) + (20_032).to_bytes(4, "little")
APE = APE_HEADER + bytes((1, 0, 0, 0, 0, 0, 0, 0xA0)) + bytes(8) + b"\x5a" * 20_000


@cache
def stream(name: str) -> bytes:
    container, codec, rate = STREAMS[name]
    options = {"write_xing": "0", "id3v2_version": "0"} if name == "mp3" else {}
    return encode(container, codec, SOUND, rate=rate, bit_rate=96_000, options=options)


def damaged(data: bytes, kind: str, first: float, last: float) -> bytes:
    start = int(first * len(data))
    end = int(last * len(data))
    length = end - start
    rubbish = bytes(length) if kind == "zeros" else np.random.default_rng(2).bytes(length)
    return data[:start] + rubbish + data[end:]


def named(warnings: Sequence[StageWarning], code: str, pattern: str) -> float:
    """Returns the seconds that a warning names; 0 if there is none of this code."""
    for warning in warnings:
        match = re.search(pattern, warning.message)
        if warning.code == code and match is not None:
            return float(match[1])
    return 0.0


def gap_of(warnings: Sequence[StageWarning]) -> float:
    return named(warnings, "gap", r"no sound for ([\d.]+) s")


def unread(warnings: Sequence[StageWarning]) -> float:
    return named(warnings, "not_read", r"about ([\d.]+) s")


@pytest.mark.parametrize("kind", ["zeros", "noise"])
@pytest.mark.parametrize("name", STREAMS)
def test_damage_is_silent_at_its_place_and_its_seconds_are_named(name: str, kind: str) -> None:
    samples, _, warnings = decode(damaged(stream(name), kind, FIRST, LAST))
    assert len(samples) / RATE == pytest.approx(SECONDS, abs=2 * PACKETS)
    assert gap_of(warnings) == pytest.approx(SECONDS * (LAST - FIRST), abs=2 * PACKETS)
    if kind == "zeros":
        assert burst_times(samples) == pytest.approx(TIMES, abs=PACKETS)


@pytest.mark.parametrize("name", STREAMS)
def test_two_damages_are_two_gaps(name: str) -> None:
    once = damaged(stream(name), "zeros", 0.3, 0.4)
    samples, _, warnings = decode(damaged(once, "zeros", 0.6, 0.7))
    assert gap_of(warnings) == pytest.approx(SECONDS * 0.2, abs=2 * PACKETS)
    assert burst_times(samples) == pytest.approx(TIMES, abs=PACKETS)


def test_damage_that_leaves_all_other_frames_of_aac_whole_is_named() -> None:
    """libav's demuxer looks for the next frame, and no packet is corrupt."""
    data = stream("aac")
    frame_start = data.index(data[:2], len(data) // 2)
    samples, _, warnings = decode(data[:frame_start] + b"\x55" * 9_000 + data[frame_start:])
    assert gap_of(warnings) > 0.5
    assert len(samples) / RATE == pytest.approx(SECONDS + gap_of(warnings), abs=PACKETS)


@pytest.mark.parametrize("name", STREAMS)
def test_rubbish_before_and_behind_is_named(name: str) -> None:
    for first, last in ((0.0, 0.2), (0.8, 1.0)):
        samples, _, warnings = decode(damaged(stream(name), "noise", first, last))
        heard = len(samples) / RATE
        assert heard + unread(warnings) == pytest.approx(SECONDS, abs=0.6)
        assert unread(warnings) > 0.5


@pytest.mark.parametrize("tag", [ID3, APE], ids=["id3", "ape"])
@pytest.mark.parametrize("name", STREAMS)
def test_a_tag_is_no_lost_sound(name: str, tag: bytes) -> None:
    data = stream(name)
    for tagged, length in ((data + tag + data, 2 * SECONDS), (ID3 + data, SECONDS)):
        samples, _, warnings = decode(tagged)
        assert len(samples) / RATE == pytest.approx(length, abs=2 * PACKETS)
        assert {warning.code for warning in warnings} <= {"corrupt_packets"}


@pytest.mark.parametrize("name", STREAMS)
def test_a_whole_stream_has_no_warning(name: str) -> None:
    samples, _, warnings = decode(stream(name) + stream(name))
    assert warnings == ()
    assert len(samples) / RATE == pytest.approx(2 * SECONDS, abs=PACKETS)
