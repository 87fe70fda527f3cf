"""What damage takes out of a file of any container is silence at its place, or is named."""

import re
from collections.abc import Sequence
from functools import cache

import numpy as np
import pytest

from shared.model.artifacts import StageWarning
from shared.model.errors import TruncatedRecording
from tests.support.audio_files import encode
from tests.support.bursts import burst_times, with_bursts, with_hole
from tests.support.decoding import decode
from tests.support.recordings import RATE

SECONDS = 6.0
TIMES = (0.5, 5.0)
"""When tones sound, before and after the damage."""
NOISE = np.random.default_rng(1).integers(-300, 300, int(SECONDS * RATE))
SOUND = (with_bursts(TIMES, SECONDS) + NOISE).astype(np.int16)
PACKETS = 0.2
"""Seconds by which a few packets may differ from their average."""
AMR_RATE = 12_200
"""Bits per second at which a frame of AMR has 32 bytes, of which the first is 0x3C."""
FRAGMENTED = {"movflags": "frag_keyframe+empty_moov", "frag_duration": "1000000"}


@cache
def sound(container: str, codec: str, rate: int) -> bytes:
    options = FRAGMENTED if container == "mp4" else {}
    bit_rate = AMR_RATE if codec == "libopencore_amrnb" else 0
    return encode(container, codec, SOUND, rate=rate, options=options, bit_rate=bit_rate)


def damaged(data: bytes, kind: str, first: float = 0.4, last: float = 0.6) -> bytes:
    start, end = int(first * len(data)), int(last * len(data))
    length = end - start
    rubbish = bytes(length) if kind == "zeros" else np.random.default_rng(2).bytes(length)
    return data[:start] + rubbish + data[end:]


def named(warnings: Sequence[StageWarning], code: str) -> float:
    """Returns the seconds that a warning names; 0 if there is none of this code."""
    patterns = {"gap": r"no sound for ([\d.]+) s", "not_read": r"about ([\d.]+) s"}
    for warning in warnings:
        match = re.search(patterns[code], warning.message)
        if warning.code == code and match is not None:
            return float(match[1])
    return 0.0


def codes(warnings: Sequence[StageWarning]) -> set[str]:
    return {warning.code for warning in warnings}


WITHOUT_TIMESTAMPS = [
    ("avi", "libmp3lame", 22_050),
    ("avi", "mp2", 44_100),
    ("avi", "ac3", 48_000),
    ("wav", "libmp3lame", 44_100),
    ("wav", "ac3", 48_000),
    ("amr", "libopencore_amrnb", 8_000),
]


@pytest.mark.parametrize("kind", ["zeros", "noise"])
@pytest.mark.parametrize(("container", "codec", "rate"), WITHOUT_TIMESTAMPS)
def test_times_after_damage_hold(container: str, codec: str, rate: int, kind: str) -> None:
    samples, _, warnings = decode(damaged(sound(container, codec, rate), kind))
    assert len(samples) / RATE == pytest.approx(SECONDS, abs=2 * PACKETS)
    assert named(warnings, "gap") == pytest.approx(0.2 * SECONDS, abs=2 * PACKETS)
    if kind == "zeros":
        first, *noises, last = burst_times(samples)
        assert (first, last) == pytest.approx(TIMES, abs=PACKETS)
        assert not noises or container == "amr"  # its demuxer starts frames at any byte


@pytest.mark.parametrize(
    ("container", "codec", "rate"),
    [*WITHOUT_TIMESTAMPS, ("avi", "pcm_s16le", 16_000), ("avi", "pcm_alaw", 8_000)],
)
def test_a_whole_file_has_no_warning(container: str, codec: str, rate: int) -> None:
    samples, _, warnings = decode(sound(container, codec, rate))
    assert burst_times(samples) == pytest.approx(TIMES, abs=PACKETS)
    assert warnings == ()


def test_damaged_samples_in_an_avi_file_keep_the_times_after_them() -> None:
    data = sound("avi", "pcm_s16le", 16_000)
    chunk = data.index(b"01wb" if b"01wb" in data else b"00wb", len(data) // 2)
    samples, _, warnings = decode(data[:chunk] + bytes(10_000) + data[chunk + 10_000 :])
    assert burst_times(samples) == pytest.approx(TIMES, abs=PACKETS)
    assert named(warnings, "gap") > 0.1


def test_a_bad_frame_of_amr_in_a_phone_video_is_named() -> None:
    """Its demuxer finds every frame, and the decoder makes something of any."""

    data = bytearray(sound("3gp", "libopencore_amrnb", 8_000))
    frames = [place for place in range(len(data) - 32) if data[place] == 0x3C]
    first = next(place for place in frames if data[place + 32] == 0x3C == data[place + 64])
    for number in range(100, 150):
        assert data[first + 32 * number] == 0x3C
        data[first + 32 * number] &= ~4
    samples, _, warnings = decode(bytes(data))
    assert burst_times(samples) == pytest.approx(TIMES, abs=PACKETS)
    assert named(warnings, "gap") == pytest.approx(1.0, abs=0.1)


def test_pauses_of_amr_are_no_damage() -> None:
    data = sound("amr", "libopencore_amrnb", 8_000)
    header = len(b"#!AMR\n")
    frames = [data[start : start + 32] for start in range(header, len(data), 32)]
    quiet = b"".join([*frames[:100], *[b"\x7c"] * 50, *frames[150:]])
    samples, _, (warning,) = decode(data[:header] + quiet)
    assert burst_times(samples) == pytest.approx(TIMES, abs=PACKETS)
    assert warning.message.startswith("the file holds no sound for 1.0 s at 2.0 s")


ENDS_EARLY = [
    ("mp4", "aac", 44_100, b"moof"),
    ("voc", "pcm_u8", 8_000, b""),
    ("rm", "ac3", 48_000, b""),
    ("nut", "aac", 48_000, b""),
]
"""The last is what is overwritten in the middle: the head of a part of the file."""


@pytest.mark.parametrize(("container", "codec", "rate", "mark"), ENDS_EARLY)
def test_where_reading_ends_early_the_rest_is_named(
    container: str, codec: str, rate: int, mark: bytes
) -> None:
    data = sound(container, codec, rate)
    middle = len(data) // 2
    if mark:
        start = data.index(mark, middle)
        broken = data[: start - 4] + bytes(40) + data[start + 36 :]
    else:
        broken = damaged(data, "noise", 0.5, 0.6)
    samples, _, warnings = decode(broken)
    heard = len(samples) / RATE - named(warnings, "gap")
    lost = named(warnings, "not_read") + named(warnings, "gap")
    assert heard + lost == pytest.approx(SECONDS, abs=1.0)
    assert warnings


def test_an_mp4_file_that_ends_inside_a_fragment_may_lack_its_end() -> None:
    data = sound("mp4", "aac", 44_100)
    last_fragment = data.rindex(b"moof") - 4
    assert decode(data)[2] == ()
    assert codes(decode(data[: last_fragment + 600])[2]) >= {"end_unmarked"}


@pytest.mark.parametrize(
    ("container", "codec", "rate"),
    [("flac", "flac", 44_100), ("ac3", "ac3", 48_000), ("matroska", "flac", 16_000)],
)
def test_a_frame_with_a_wrong_checksum_is_no_sound(container: str, codec: str, rate: int) -> None:
    data = bytearray(sound(container, codec, rate))
    for place in range(len(data) // 2, len(data) // 2 + 3_000, 150):
        data[place] ^= 0x10
    samples, _, warnings = decode(bytes(data))
    assert len(samples) / RATE == pytest.approx(SECONDS, abs=PACKETS)
    assert burst_times(samples) == pytest.approx(TIMES, abs=PACKETS)
    assert codes(warnings) & {"corrupt_packets", "gap"}


@pytest.mark.parametrize(
    ("container", "codec", "rate"),
    [
        ("mmf", "adpcm_yamaha", 8_000),
        ("ast", "pcm_s16be_planar", 16_000),
        ("sox", "pcm_s32le", 16_000),
        ("adx", "adpcm_adx", 16_000),
    ],
)
def test_half_of_a_rarer_file_is_truncated(container: str, codec: str, rate: int) -> None:
    data = sound(container, codec, rate)
    assert decode(data)[2] == ()
    with pytest.raises(TruncatedRecording):
        decode(data[: len(data) // 2])


@pytest.mark.parametrize(
    ("codec", "rate"), [("libopus", 48_000), ("flac", 16_000), ("flac", 44_100)]
)
def test_the_first_page_of_ogg_that_is_damaged_is_named(codec: str, rate: int) -> None:
    """libav takes the time of the next page for that of the start. The number of the first page
    tells how long the damaged bytes lasted."""
    data = sound("ogg", codec, rate)
    places = [match.start() for match in re.finditer(b"OggS", data)]
    first, second = places[2:4]
    samples, _, warnings = decode(data[:first] + bytes(second - first) + data[second:])
    assert codes(warnings) == {"not_read", "start_missing"}
    heard = len(samples) / RATE
    assert heard + named(warnings, "not_read") == pytest.approx(SECONDS, abs=0.5)
    assert decode(data)[2] == ()


@pytest.mark.parametrize(
    ("container", "codec", "rate"),
    [("wav", "pcm_s16le", 16_000), ("ipod", "aac", 44_100), ("webm", "libopus", 48_000)],
)
def test_a_tag_before_a_file_of_another_format_than_mp3_is_left_out(
    container: str, codec: str, rate: int
) -> None:
    tag = b"ID3\4\0\0\0\0\2\0" + bytes(256)
    samples, _, warnings = decode(tag + sound(container, codec, rate))
    assert burst_times(samples) == pytest.approx(TIMES, abs=PACKETS)
    assert warnings == ()


@pytest.mark.parametrize("is_from_a_pipe", [False, True])
def test_what_follows_a_flac_file_is_named(is_from_a_pipe: bool) -> None:
    """libav takes it for a part of the last frame."""
    data = sound("flac", "flac", 16_000)
    if is_from_a_pipe:
        data = data[:12] + bytes(6) + data[18:]
    rest = np.random.default_rng(3).bytes(200_000)
    samples, _, warnings = decode(data + rest)
    assert len(samples) / RATE == pytest.approx(SECONDS, abs=PACKETS)
    by_bytes = SECONDS * len(rest) / len(data)
    assert named(warnings, "not_read") == pytest.approx(by_bytes, rel=0.2)
    assert decode(data)[2] == ()


@pytest.mark.parametrize("start", [10, 50_000])
def test_a_windows_media_file_that_starts_late_lacks_nothing(start: float) -> None:
    """What ffmpeg writes into its header as its length is the time of its end."""
    data = encode("asf", "wmav2", SOUND, rate=44_100, later=start, bit_rate=64_000)
    samples, _, warnings = decode(data)
    assert len(samples) / RATE == pytest.approx(SECONDS, abs=PACKETS)
    assert warnings == ()
    with pytest.raises(TruncatedRecording, match=r"should last 6\.0 s, but ends after 3\.\d s"):
        decode(data[: len(data) * 6 // 10])


@pytest.mark.parametrize("field", ["mark", "size", "version", "flags", "all"])
def test_what_follows_a_damaged_header_of_wavpack_is_heard_at_its_time(field: str) -> None:
    """libav reads no further than to such a header."""
    places = {"mark": (0, 4), "size": (4, 8), "version": (8, 10), "flags": (24, 28), "all": (0, 32)}
    first, last = places[field]
    data = bytearray(sound("wv", "wavpack", 44_100))
    block = data.index(b"wvpk", len(data) // 3)
    rubbish = 0 if field in ("mark", "all") else 0xFF
    data[block + first : block + last] = bytes([rubbish]) * (last - first)
    samples, _, (warning,) = decode(bytes(data))
    assert burst_times(samples) == pytest.approx(TIMES, abs=PACKETS)
    assert len(samples) / RATE == pytest.approx(SECONDS, abs=PACKETS)
    assert warning.message.startswith("the file holds no sound for 1.0 s")


SHORT = 0.04
"""Share of a file that is overwritten, which lasts a quarter of a second."""


@pytest.mark.parametrize(
    ("container", "codec", "rate"),
    [("mpegts", "ac3", 48_000), ("mpegts", "mp2", 48_000), ("flv", "aac", 44_100)],
)
def test_a_short_loss_is_named_though_nothing_else_shows_it(
    container: str, codec: str, rate: int
) -> None:
    samples, _, warnings = decode(
        damaged(sound(container, codec, rate), "zeros", 0.45, 0.45 + SHORT)
    )
    assert burst_times(samples) == pytest.approx(TIMES, abs=PACKETS)
    assert named(warnings, "gap") == pytest.approx(SHORT * SECONDS, abs=PACKETS / 2)


@pytest.mark.parametrize(("codec", "is_named"), [("aac", True), ("libopus", False)])
def test_a_pause_of_a_codec_that_sends_nothing_while_it_is_quiet_is_no_loss(
    codec: str, is_named: bool
) -> None:
    pause = with_hole(2.0, 0.4)
    data = encode("matroska", codec, SOUND, rate=48_000, change_packets=pause)
    samples, _, warnings = decode(data)
    assert len(samples) / RATE == pytest.approx(SECONDS + 0.4, abs=0.1)
    assert (named(warnings, "gap") > 0) == is_named
