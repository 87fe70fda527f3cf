"""A damaged block of a codec with checksums is silence that is named, and not noise."""

import re
from collections.abc import Callable
from functools import partial
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


def with_wrong_sums(packets: list[Any], right: Callable[[float], bool]) -> list[Any]:
    """Returns packets of AC-3 or FLAC whose checksums are wrong, though their sound is right.

    `right` says of which the checksum stays right, by their place from 0 to 1.
    """
    for number, packet in enumerate(packets):
        if right(number / len(packets)):
            continue
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


MOSTLY_WRONG: dict[str, Callable[[float], bool]] = {
    "all": lambda place: False,
    "but for the first": lambda place: place < 0.04,
    "but for the last": lambda place: place > 0.96,
    "but for the middle": lambda place: 0.4 < place < 0.6,
}


HEARD = [
    ("flac", "flac", "all"),
    ("flac", "flac", "but for the first"),
    ("flac", "flac", "but for the middle"),
    ("matroska", "flac", "but for the last"),
    ("mp4", "ac3", "all"),
    ("mp4", "ac3", "but for the middle"),
    ("matroska", "eac3", "all"),
    ("matroska", "eac3", "but for the first"),
]


@pytest.mark.parametrize(("container", "codec", "wrong"), HEARD)
def test_packets_of_which_most_checksums_are_wrong_are_heard(
    container: str, codec: str, wrong: str
) -> None:
    change = partial(with_wrong_sums, right=MOSTLY_WRONG[wrong])
    data = encode(container, codec, NOISY, rate=48_000, change_packets=change)
    samples, _, (warning,) = decode(data)
    assert burst_times(samples) == pytest.approx(TIMES, abs=0.1)
    assert len(samples) / RATE == pytest.approx(SECONDS, abs=0.1)
    counts = re.match(r"the checksums of (\d+) of (\d+) packets are wrong", warning.message)
    assert counts is not None
    are_all = counts[1] == counts[2]
    assert are_all == (wrong == "all")


@pytest.mark.parametrize(("container", "codec"), [("matroska", "flac"), ("mp4", "ac3")])
def test_packets_of_which_a_few_checksums_are_wrong_are_skipped(container: str, codec: str) -> None:
    change = partial(with_wrong_sums, right=lambda place: not 0.3 < place < 0.7)
    data = encode(container, codec, NOISY, rate=48_000, change_packets=change)
    samples, _, warnings = decode(data)
    assert burst_times(samples) == pytest.approx(TIMES, abs=0.1)
    assert np.abs(samples[int(2.6 * RATE) : int(5.4 * RATE)]).max() == 0
    assert [warning.code for warning in warnings] == ["corrupt_packets", "gap"]


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
