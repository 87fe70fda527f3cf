"""A damaged block of a codec with checksums is silence that is named, and not noise."""

import re
from typing import Any

import numpy as np
import pytest

from shared.model.errors import NotAudio
from tests.support.audio_files import encode
from tests.support.bursts import burst_times, with_bursts
from tests.support.decoding import decode
from tests.support.recordings import RATE

SECONDS = 8.0
TIMES = (0.5, 7.0)
SOUND = with_bursts(TIMES, SECONDS)
QUIET = np.random.default_rng(1).integers(-200, 200, len(SOUND))
NOISY = (SOUND + QUIET).astype(np.int16)
BLOCK = 1.1
"""Seconds of a block at most."""


def middle_block(data: bytes, name: str) -> int:
    """Returns an offset inside a block in the middle of a file."""
    middle = len(data) // 2
    if name == "tta":
        return middle
    block_start = data.index(b"wvpk", middle)
    return block_start + 200


@pytest.mark.parametrize("name", ["wavpack", "tta"])
@pytest.mark.parametrize("rubbish", ["zeros", "noise"])
def test_it_is_silence(name: str, rubbish: str) -> None:
    data = encode("wv" if name == "wavpack" else name, name, NOISY, rate=44_100)
    first = middle_block(data, name)
    bad = bytes(500) if rubbish == "zeros" else np.random.default_rng(2).bytes(500)
    samples, _, warnings = decode(data[:first] + bad + data[first + len(bad) :])
    assert len(samples) / RATE == pytest.approx(SECONDS, abs=0.1)
    assert burst_times(samples) == pytest.approx(TIMES, abs=0.1)
    assert np.abs(samples[int(1.5 * RATE) : int(6.5 * RATE)]).max() < 1000
    (gap,) = [warning for warning in warnings if warning.code == "gap"]
    named = re.search(r"no sound for ([\d.]+) s", gap.message)
    assert named is not None
    assert 0 < float(named[1]) <= 2 * BLOCK


def with_wrong_sums(packets: list[Any]) -> list[Any]:
    """Returns packets of AC-3 or FLAC whose checksums are wrong, though their sound is right."""
    for packet in packets:
        data = bytearray(packet)
        if data:
            data[-1] ^= 1
            packet.update(bytes(data))
    return packets


def with_zeros(packets: list[Any]) -> list[Any]:
    for packet in packets:
        if packet.size:
            packet.update(bytes(packet.size))
    return packets


WITH_SUMS = [("flac", "flac"), ("matroska", "flac"), ("mp4", "ac3"), ("matroska", "eac3")]


@pytest.mark.parametrize(("container", "codec"), WITH_SUMS)
def test_packets_of_which_only_the_checksums_are_wrong_are_heard(
    container: str, codec: str
) -> None:
    data = encode(container, codec, NOISY, rate=48_000, change_packets=with_wrong_sums)
    samples, _, (warning,) = decode(data)
    assert burst_times(samples) == pytest.approx(TIMES, abs=0.1)
    assert len(samples) / RATE == pytest.approx(SECONDS, abs=0.1)
    assert re.match(r"the checksums of all \d+ packets are wrong", warning.message)


def test_packets_that_cannot_be_decoded_whatever_their_checksums_are_refused() -> None:
    data = encode("matroska", "flac", NOISY, change_packets=with_zeros)
    with pytest.raises(NotAudio, match=r"(\d+) of \1 packets cannot be decoded"):
        decode(data)


@pytest.mark.parametrize("name", ["wavpack", "tta"])
@pytest.mark.parametrize("layout", ["mono", "stereo"])
def test_a_whole_file_has_no_warning(name: str, layout: str) -> None:
    sound = NOISY if layout == "mono" else NOISY.repeat(2)
    container = "wv" if name == "wavpack" else name
    samples, _, warnings = decode(encode(container, name, sound, rate=44_100, layout=layout))
    assert warnings == ()
    assert len(samples) / RATE == pytest.approx(SECONDS, abs=0.1)
