"""An MP3 file is as long as its frames, whatever libav guesses: joined, damaged or with a tail."""

import re
import struct
from functools import cache

import numpy as np
import pytest

from functions.prepare.mp3_header import Mp3Header, find_header
from shared.model.artifacts import StageWarning
from shared.model.errors import TruncatedRecording
from tests.hostile.builders import id3
from tests.support.audio_files import Samples, encode
from tests.support.decoding import decode
from tests.support.recordings import RATE, silence, speech

TALK = speech()[6 * RATE : 14 * RATE]
NOISE = np.random.default_rng(1).bytes(60_000)
COVER = id3(b"APIC", b"\0image/png\0\3\0" + NOISE)
LONG_TAG = b"ID3\4\0\0" + bytes([0, 2, 0, 0]) + bytes(2 << 14)
ID3V1 = b"TAG" + bytes(125)
FRAME = 0.03
"""Seconds: a little more than a frame lasts at 44.1 kHz."""


@cache
def mp3(quality: int | None = None, has_header: bool = True) -> bytes:
    """Returns speech of 8 s at a constant bit rate, or at a variable one of this quality."""
    return encode_mp3(TALK, quality, has_header)


def encode_mp3(samples: Samples, quality: int | None = None, has_header: bool = True) -> bytes:
    codec_options = {}
    if quality is not None:
        codec_options = {"flags": "+qscale", "global_quality": str(118 * quality)}
    options = {"write_xing": "1" if has_header else "0"}
    return encode(
        "mp3", "libmp3lame", samples, rate=44100, options=options, codec_options=codec_options
    )


def seconds(data: bytes) -> tuple[float, list[str]]:
    """Returns the decoded seconds and the codes of the warnings."""
    samples, _, warnings = decode(data)
    return len(samples) / RATE, [warning.code for warning in warnings]


def overwrite(data: bytes, start: float, end: float) -> bytes:
    """Returns the data with zeros between two fractions of its length."""
    first, last = int(start * len(data)), int(end * len(data))
    return data[:first] + bytes(last - first) + data[last:]


@pytest.mark.parametrize(
    "tail",
    [bytes(60_000), NOISE, b"APETAGEX" + bytes(60_000), ID3V1, LONG_TAG],
    ids=["zeros", "noise", "ape", "id3v1", "id3v2"],
)
@pytest.mark.parametrize("quality", [None, 4])
def test_what_follows_the_last_frame_is_no_missing_sound(tail: bytes, quality: int | None) -> None:
    length, warnings = seconds(mp3(quality) + tail)
    assert length == pytest.approx(8, abs=2 * FRAME)
    named = set(warnings) - {"over_full_scale"}  # noise may decode to sound of any level
    assert named == ({"not_read"} if tail == NOISE else set())


def test_joined_files_last_as_long_as_all_of_them() -> None:
    quiet = encode_mp3(silence(20), quality=2)
    for files in ([quiet, mp3(4), mp3(4)], [mp3(), mp3(4)], [mp3(4), quiet, mp3()]):
        expected = sum(20 if data is quiet else 8 for data in files)
        length, warnings = seconds(b"".join(files))
        assert length == pytest.approx(expected, abs=6 * FRAME)
        assert warnings == []


def test_tags_between_joined_files_are_neither_sound_nor_damage() -> None:
    joined = COVER + mp3() + ID3V1 + COVER + mp3(4)
    length, warnings = seconds(joined)
    assert length == pytest.approx(16, abs=0.4)  # libav takes some of the cover's noise for frames
    assert warnings == []


def test_joined_files_are_truncated_if_the_last_one_is() -> None:
    with pytest.raises(TruncatedRecording, match=r"should last 16\.1 s, but ends after 12\.\d s"):
        decode(mp3() + mp3(4)[: len(mp3(4)) // 2])


@pytest.mark.parametrize("quality", [None, 4])
def test_damage_in_the_middle_is_silence_and_later_sound_keeps_its_place(
    quality: int | None,
) -> None:
    samples, _, warnings = decode(overwrite(mp3(quality), 0.4, 0.5))
    assert len(samples) / RATE == pytest.approx(8, abs=0.15)
    assert [warning.code for warning in warnings] == ["corrupt_packets", "gap"]
    gap = gap_of(warnings)
    assert gap == pytest.approx(0.8, abs=0.25)
    whole, _, _ = decode(mp3(quality))
    assert delay(samples, whole) == pytest.approx(0, abs=0.15)


def test_damage_in_several_places_is_counted_together() -> None:
    damaged = mp3()
    for start in (0.2, 0.4, 0.6):
        damaged = overwrite(damaged, start, start + 0.05)
    samples, _, warnings = decode(damaged)
    assert gap_of(warnings) == pytest.approx(1.2, abs=0.4)
    assert re.search(r"in [23] places, the first at 1\.6 s", warnings[1].message)
    assert len(samples) / RATE == pytest.approx(8, abs=0.2)


def gap_of(warnings: tuple[StageWarning, ...]) -> float:
    """Returns the seconds that the warning of the gaps names."""
    (message,) = (warning.message for warning in warnings if warning.code == "gap")
    before_unit = message.split(" s ")[0]
    return float(before_unit.split()[-1])


def delay(samples: Samples, whole: Samples) -> float:
    """Returns by how many seconds the last second is later than in the whole recording."""
    tail = np.abs(whole[-RATE:].astype(float))
    shifts = np.arange(-RATE, 1, 80)
    likeness = []
    for shift in shifts:
        start = len(whole) - RATE + shift
        part = np.abs(samples[start : start + RATE].astype(float))
        likeness.append(np.corrcoef(part, tail[: len(part)])[0, 1])
    return float(shifts[int(np.argmax(likeness))] / RATE)


def test_an_end_that_cannot_be_decoded_is_named() -> None:
    length, warnings = seconds(overwrite(mp3(), 0.8, 1))
    assert length == pytest.approx(6.4, abs=0.1)
    assert warnings == ["end_missing"]


def test_damage_without_a_header_is_named() -> None:
    samples, _, warnings = decode(overwrite(mp3(has_header=False), 0.4, 0.5))
    assert len(samples) / RATE == pytest.approx(8, abs=0.1)
    assert gap_of(warnings) == pytest.approx(0.8, abs=0.1)


@pytest.mark.parametrize("prefix", [b"", LONG_TAG, COVER + LONG_TAG], ids=["none", "one", "two"])
def test_a_file_that_lacks_bytes_is_truncated_behind_any_tags(prefix: bytes) -> None:
    data = prefix + mp3()
    with pytest.raises(TruncatedRecording, match=r"should last 8\.\d s, but ends after 4\.\d s"):
        decode(data[: len(prefix) + len(mp3()) // 2])


def test_a_file_that_ends_inside_its_tag_is_truncated() -> None:
    with pytest.raises(TruncatedRecording, match="but it ends after 30000"):
        decode((COVER + mp3())[:30_000])


FRAME_HEADER = bytes.fromhex("FFFB9064")
"""MPEG 1, layer III, 44.1 kHz, stereo."""


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (
            FRAME_HEADER + bytes(32) + b"Xing" + struct.pack(">3I", 3, 1000, 417_000),
            Mp3Header(7, 417_000, 1000 * 1152 / 44_100),
        ),
        (
            FRAME_HEADER + bytes(32) + b"Info" + struct.pack(">2I", 2, 417_000),
            Mp3Header(7, 417_000, 0),
        ),
        (
            FRAME_HEADER + bytes(32) + b"Xing" + struct.pack(">2I", 1, 1000),
            Mp3Header(7, 0, 1000 * 1152 / 44_100),
        ),
        (
            FRAME_HEADER + bytes(32) + b"VBRI" + struct.pack(">3H2I", 1, 0, 75, 417_000, 1000),
            Mp3Header(7, 417_000, 1000 * 1152 / 44_100),
        ),
        (
            bytes.fromhex("FFF38864") + bytes(17) + b"Info" + struct.pack(">3I", 3, 100, 9000),
            Mp3Header(7, 9000, 100 * (576 / 16_000)),
        ),
        (FRAME_HEADER + bytes(32) + b"Xing" + b"\0\0\0\3", Mp3Header(7, 0, 0)),
        (FRAME_HEADER + bytes(400), None),
        (bytes(36) + b"Xing" + struct.pack(">3I", 3, 1000, 417_000), None),
    ],
    ids=["Xing", "no frames", "no bytes", "VBRI", "MPEG 2", "cut off", "ordinary", "no frame"],
)
def test_headers_of_every_kind_are_read(frame: bytes, expected: Mp3Header | None) -> None:
    assert find_header(frame, 7) == expected
