"""Sound keeps its time whatever a container's clock does: late starts, holes, delays, leaps."""

from typing import Any

import av
import pytest

from tests.support.audio_files import encode
from tests.support.bursts import burst_times, with_bursts, with_hole
from tests.support.decoding import decode

TIMES = [0.5, 2.5]
SECONDS = 4.0
TONES = with_bursts(TIMES, SECONDS)
FRAGMENTED = {"movflags": "frag_keyframe+empty_moov", "frag_duration": "1000000"}
WRAP = 2**33 / 90_000
"""Seconds after which the clock of a broadcast begins at 0 again."""


@pytest.mark.parametrize("start", [10, 1000, 50_000])
@pytest.mark.parametrize(
    ("container", "codec", "options"),
    [
        ("webm", "libopus", {}),
        ("matroska", "aac", {}),
        ("mp4", "aac", {}),
        ("mp4", "aac", FRAGMENTED),
        ("flv", "aac", {}),
        ("mpegts", "aac", {}),
        ("mpeg", "mp2", {}),
        ("ogg", "libopus", {}),
        ("ogg", "flac", {}),
        ("nut", "mp2", {}),
    ],
)
def test_a_container_that_starts_late_lasts_as_long_as_its_sound(
    container: str, codec: str, options: dict[str, str], start: float
) -> None:
    rate = 44_100 if container == "flv" else 48_000
    data = encode(container, codec, TONES, rate=rate, later=start, options=options)
    samples, media, warnings = decode(data)
    assert burst_times(samples) == pytest.approx(TIMES, abs=0.05)
    assert media.duration == pytest.approx(SECONDS, abs=0.1)
    assert not warnings


@pytest.mark.parametrize("hole", [5, 15, 100])
@pytest.mark.parametrize(
    ("container", "codec", "picture"),
    [
        ("ogg", "libopus", False),
        ("matroska", "aac", False),
        ("mp4", "aac", False),
        ("flv", "aac", False),
        ("mpegts", "mp2", True),
        ("mpegts", "aac", True),
        ("mpeg", "mp2", True),
    ],
)
def test_a_hole_is_silence(container: str, codec: str, picture: bool, hole: float) -> None:
    data = encode(
        container,
        codec,
        TONES,
        rate=44_100 if container == "flv" else 48_000,
        picture=SECONDS + hole if picture else 0,
        change_packets=with_hole(1.5, hole),
        interleaved=True,
    )
    samples, media, warnings = decode(data)
    assert burst_times(samples) == pytest.approx([0.5, 2.5 + hole], abs=0.05)
    assert media.duration == pytest.approx(SECONDS + hole, abs=0.1)
    assert [warning.code for warning in warnings] == ["gap"]


def test_a_leap_in_a_broadcast_without_a_picture_has_a_warning_with_its_place() -> None:
    data = encode("mpegts", "aac", TONES, rate=48_000, change_packets=with_hole(1.5, 15))
    samples, _, (warning,) = decode(data)
    assert burst_times(samples) == pytest.approx(TIMES, abs=0.05)
    assert warning.code == "time_uncertain"
    assert warning.message.startswith("the clock leaps by 15.0 s")
    assert warning.span is not None
    assert (warning.span.start, warning.span.end) == pytest.approx((1.0, 2.0), abs=0.1)


def test_a_leap_of_sound_and_picture_is_no_hole_and_has_a_warning() -> None:
    first = encode("mpegts", "aac", TONES, rate=48_000, picture=SECONDS, interleaved=True)
    options = {"output_ts_offset": "500"}
    second = encode(
        "mpegts", "aac", TONES, rate=48_000, picture=SECONDS, interleaved=True, options=options
    )
    samples, _, (warning,) = decode(first + second)
    expected = [*TIMES, *(SECONDS + time for time in TIMES)]
    assert burst_times(samples) == pytest.approx(expected, abs=0.15)
    assert warning.code == "time_uncertain"


@pytest.mark.parametrize("picture", [0, SECONDS])
def test_a_broadcast_whose_clock_wraps_goes_on(picture: float) -> None:
    options = {"output_ts_offset": str(int(WRAP) - 3)}
    data = encode(
        "mpegts", "aac", TONES, rate=48_000, picture=picture, interleaved=True, options=options
    )
    samples, _, warnings = decode(data)
    assert burst_times(samples) == pytest.approx(TIMES, abs=0.05)
    assert not warnings


def test_a_timestamp_beyond_what_a_recording_may_last_has_a_warning() -> None:
    data = encode("ogg", "libopus", TONES, rate=48_000, change_packets=with_hole(1.5, 90_000))
    samples, _, warnings = decode(data)
    assert burst_times(samples) == pytest.approx(TIMES, abs=0.05)
    assert warnings[0].code == "time_uncertain"


@pytest.mark.parametrize("codec", ["wmav1", "wmav2"])
@pytest.mark.parametrize("container", ["asf", "avi"])
def test_a_decoder_that_returns_its_first_frame_late_puts_no_silence_there(
    container: str, codec: str
) -> None:
    samples, media, _ = decode(encode(container, codec, TONES, rate=16_000, bit_rate=64_000))
    assert burst_times(samples) == pytest.approx(TIMES, abs=0.05)
    assert SECONDS - 0.1 < media.duration <= SECONDS


@pytest.mark.parametrize("codec", ["wmav2", "ac3", "mp2", "libmp3lame"])
def test_sound_after_a_picture_keeps_its_place_with_every_decoder(codec: str) -> None:
    data = encode("asf", codec, TONES, rate=44_100, picture=8, later=3, bit_rate=64_000)
    samples, _, _ = decode(data)
    assert burst_times(samples) == pytest.approx([3.5, 5.5], abs=0.1)


def overwrite_the_first(packets: list[Any]) -> list[Any]:
    """Returns the packets, with zeros in place of the sound of the first 0.38 s."""
    overwritten = []
    for packet in packets[:12]:
        empty = av.Packet(bytes(packet.size))
        empty.stream, empty.time_base = packet.stream, packet.time_base
        empty.pts, empty.dts, empty.duration = packet.pts, packet.dts, packet.duration
        overwritten.append(empty)
    return overwritten + packets[12:]


def test_sound_that_cannot_be_decoded_at_the_start_is_no_delay() -> None:
    data = encode("matroska", "ac3", TONES, rate=48_000, change_packets=overwrite_the_first)
    samples, _, warnings = decode(data)
    assert burst_times(samples) == pytest.approx(TIMES, abs=0.05)
    assert "corrupt_packets" in [warning.code for warning in warnings]
