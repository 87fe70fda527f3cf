"""Every container and codec decodes to the same sound at the same times, even when damaged."""

import io
import struct
from typing import Any

import av
import numpy as np
import pytest

from functions.prepare import section, section_file
from functions.prepare.media import open_recording
from shared.model.errors import NotAudio
from tests.support.audio_files import Samples, encode
from tests.support.decoding import DAY, CountingFile, decode, decode_file
from tests.support.recordings import RATE, speech, wav

TALK = speech()[6 * RATE : 14 * RATE]


def loudness(samples: Samples) -> Any:
    """Returns the root mean square of frames of 20 ms."""
    frames = samples.astype(float).reshape(-1, 320)
    return np.sqrt((frames**2).mean(axis=1))


def likeness(one: Samples, other: Samples) -> float:
    """Returns the correlation of loudness: 1 if the same sounds are at the same times."""
    length = min(len(one), len(other)) // 320 * 320
    return float(np.corrcoef(loudness(one[:length]), loudness(other[:length]))[0, 1])


@pytest.mark.parametrize(
    ("container", "codec", "rate", "name", "codec_name"),
    [
        ("wav", "pcm_s16le", 44100, "wav", "pcm_s16le"),
        ("wav", "pcm_f32le", 48000, "wav", "pcm_f32le"),
        ("wav", "pcm_mulaw", 8000, "wav", "pcm_mulaw"),
        ("w64", "pcm_s24le", 96000, "w64", "pcm_s24le"),
        ("aiff", "pcm_s16be", 44100, "aiff", "pcm_s16be"),
        ("au", "pcm_alaw", 8000, "au", "pcm_alaw"),
        ("caf", "alac", 44100, "caf", "alac"),
        ("flac", "flac", 48000, "flac", "flac"),
        ("mp3", "libmp3lame", 44100, "mp3", "mp3"),
        ("mp3", "libmp3lame", 8000, "mp3", "mp3"),
        ("ipod", "aac", 44100, "mp4", "aac"),
        ("mp4", "aac", 48000, "mp4", "aac"),
        ("adts", "aac", 44100, "aac", "aac"),
        ("ogg", "libopus", 48000, "ogg", "opus"),
        ("webm", "libopus", 48000, "matroska", "opus"),
        ("matroska", "flac", 44100, "matroska", "flac"),
        ("mpegts", "aac", 48000, "mpegts", "aac"),
        ("avi", "mp2", 44100, "avi", "mp2"),
    ],
)
def test_every_format_decodes_to_the_same_sound(
    container: str, codec: str, rate: int, name: str, codec_name: str
) -> None:
    data = encode(container, codec, TALK, rate=rate)
    samples, found, warnings = decode(data)
    declares_delay = container not in ("adts", "mpegts")
    assert likeness(samples, TALK) > (0.97 if declares_delay else 0.9)
    assert found.duration == len(samples) / RATE == pytest.approx(8, abs=0.1)
    assert (found.container, found.codec, found.sample_rate) == (name, codec_name, rate)
    assert (found.channels, found.bytes) == (1, len(data))
    assert not warnings


def test_16_khz_mono_is_unchanged() -> None:
    samples, _, _ = decode(wav(TALK))
    np.testing.assert_array_equal(samples, TALK)


@pytest.mark.parametrize("rate", [1000, 1999, 768_001, 100_000_000])
def test_an_implausible_sample_rate_is_refused(rate: int) -> None:
    with pytest.raises(NotAudio, match=f"its sample rate is {rate} Hz"):
        decode(wav(TALK, rate))


@pytest.mark.parametrize("rate", [2000, 768_000])
def test_the_lowest_and_the_highest_sample_rate_are_accepted(rate: int) -> None:
    samples, _, _ = decode(wav(TALK, rate))
    assert len(samples) == pytest.approx(len(TALK) * RATE / rate, abs=2)


@pytest.mark.parametrize("container", ["mp4", "mov", "matroska", "mpegts"])
def test_sound_keeps_its_place_under_the_picture(container: str) -> None:
    samples, _, _ = decode(encode(container, "aac", TALK, rate=48000, picture=13, later=3))
    assert not samples[: int(2.9 * RATE)].any()
    assert likeness(samples[3 * RATE :], TALK) > 0.97


@pytest.mark.parametrize("container", ["mp4", "matroska"])
def test_a_picture_that_is_longer_than_the_sound_is_not_missing_sound(container: str) -> None:
    _, found, _ = decode(encode(container, "aac", TALK, rate=48000, picture=20))
    assert found.duration == pytest.approx(8, abs=0.1)


def on_channel(channel: int, channels: int) -> Samples:
    """Returns interleaved samples with speech on one channel of several."""
    samples = np.zeros((len(TALK), channels), np.int16)
    samples[:, channel] = TALK
    return samples.reshape(-1)


@pytest.mark.parametrize(("container", "codec"), [("flac", "flac"), ("mp4", "aac")])
def test_the_downmix_of_surround_sound_keeps_the_voice_of_its_centre(
    container: str, codec: str
) -> None:
    data = encode(container, codec, on_channel(2, 6), rate=48000, layout="5.1")
    samples, found, _ = decode(data)
    assert found.channels == 6
    assert likeness(samples, TALK) > 0.97


@pytest.mark.parametrize("channels", [2, 3, 8, 12, 32])
def test_the_downmix_of_many_channels_keeps_the_voice_of_the_first(channels: int) -> None:
    samples, found, _ = decode(wav(on_channel(0, channels), channels=channels))
    assert found.channels == channels
    assert likeness(samples, TALK) > 0.97


def test_many_channels_of_compressed_sound_are_averaged() -> None:
    data = encode(
        "ogg",
        "libopus",
        on_channel(3, 12),
        rate=48000,
        layout="12 channels",
        codec_options={"mapping_family": "255"},
    )
    samples, found, _ = decode(data)
    assert found.channels == 12
    assert likeness(samples, TALK) > 0.9


@pytest.mark.parametrize("codec", ["pcm_s16le_planar", "pcm_s64le"])
@pytest.mark.parametrize("channels", [9, 12, 32])
def test_many_microphones_are_averaged_whether_samples_are_planar_or_packed(
    codec: str, channels: int
) -> None:
    layout = f"{channels} channels"
    file = io.BytesIO()
    with av.open(file, "w", format="nut") as output:
        stream: Any = output.add_stream(codec, rate=RATE)
        stream.layout = layout
        interleaved = on_channel(channels - 1, channels).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(interleaved, "s16", layout)
        frame.sample_rate = RATE
        output.mux([*stream.encode(frame), *stream.encode(None)])
    samples, _, _ = decode(file.getvalue())
    np.testing.assert_allclose(samples, TALK / channels, atol=2)


def without_the_fifth_second(packets: list[Any]) -> list[Any]:
    return [packet for packet in packets if not 4 < packet.pts * packet.time_base < 5]


@pytest.mark.parametrize(
    ("container", "codec"), [("matroska", "aac"), ("mp4", "aac"), ("ogg", "libopus")]
)
def test_a_gap_is_silence_and_the_rest_keeps_its_place(container: str, codec: str) -> None:
    samples, found, _ = decode(
        encode(container, codec, TALK, rate=48000, change_packets=without_the_fifth_second)
    )
    assert found.duration == pytest.approx(8, abs=0.1)
    assert abs(samples[int(4.2 * RATE) : int(4.8 * RATE)]).max() < 50
    assert likeness(samples[int(5.2 * RATE) :], TALK[int(5.2 * RATE) :]) > 0.97


def test_a_clock_that_restarts_in_a_chained_file_leaves_no_gap() -> None:
    data = encode("ogg", "libopus", TALK, rate=48000, change_packets=without_the_fifth_second)
    samples, _, _ = decode(2 * data)
    assert len(samples) / RATE == pytest.approx(16, abs=0.1)
    for start in (0, 8):
        after_gap = samples[(start + 5) * RATE : (start + 8) * RATE]
        assert likeness(after_gap, TALK[5 * RATE :]) > 0.95


def test_a_clock_that_jumps_in_a_broadcast_leaves_no_gap() -> None:
    first = encode("mpegts", "aac", TALK, rate=48000)
    second = encode("mpegts", "aac", TALK, rate=48000, later=500)
    _, found, _ = decode(first + second)
    assert found.duration == pytest.approx(16, abs=0.1)


def test_the_sample_rate_may_change_on_the_way() -> None:
    first = encode("mp3", "libmp3lame", TALK, rate=44100)
    second = encode("mp3", "libmp3lame", TALK, rate=16000)
    samples, _, _ = decode(first + second)
    assert likeness(samples[: 8 * RATE], TALK) > 0.97
    assert len(samples) / RATE == pytest.approx(16, abs=0.2)


def invert(data: bytes) -> bytes:
    return bytes(255 - byte for byte in data)


def damage(data: bytes, fractions: list[float]) -> bytes:
    """Returns the data with 40 bytes inverted at each fraction of its length."""
    damaged = bytearray(data)
    for fraction in fractions:
        start = int(fraction * len(data))
        damaged[start : start + 40] = invert(data[start : start + 40])
    return bytes(damaged)


def test_a_few_corrupt_packets_are_skipped_with_a_warning() -> None:
    data = damage(encode("mp4", "aac", TALK, rate=48000), [0.3, 0.4, 0.5, 0.6, 0.7])
    samples, _, (warning,) = decode(data)
    assert len(samples) / RATE == pytest.approx(8, abs=0.1)
    assert warning.code == "corrupt_packets"
    assert 1 <= int(warning.message.split()[0]) < 30


def test_a_recording_that_is_mostly_corrupt_is_not_audio() -> None:
    data = encode("mp4", "aac", TALK, rate=48000, options={"movflags": "faststart"})
    start = data.index(b"mdat") + 2000
    with pytest.raises(NotAudio, match="packets cannot be decoded"):
        decode(data[:start] + invert(data[start:]))


@pytest.mark.parametrize("byte", [b"\x7c", b"\xff"], ids=["pauses", "damage"])
def test_endless_packets_without_sound_are_not_all_read(
    monkeypatch: pytest.MonkeyPatch, byte: bytes
) -> None:
    monkeypatch.setattr(section, "MAX_SILENT_RUN", 20)
    monkeypatch.setattr(section_file, "MAX_SEARCHED", 1000)
    good = encode("amr", "libopencore_amrnb", TALK[: 4 * RATE], rate=8000)
    file = CountingFile(good + byte * 1_000_000)
    with open_recording(file, DAY) as recording:
        length = sum(samples.shape[1] for samples in recording.samples())
    assert length / RATE == pytest.approx(4, abs=0.1)
    assert [warning.code for warning in recording.warnings] == ["not_read"]
    assert file.bytes_read < 500_000


def test_endless_corrupt_packets_are_not_all_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(section, "MAX_EXCESS_CORRUPT", 20)
    monkeypatch.setattr(section_file, "MAX_SEARCHED", 1000)
    options = {"movflags": "faststart"}
    data = encode("mp4", "aac", np.tile(TALK, 20), rate=48000, options=options)
    start = data.index(b"mdat") + 2000
    file = CountingFile(data[:start] + invert(data[start:]))
    with pytest.raises(NotAudio, match="packets cannot be decoded"):
        decode_file(file)
    assert file.bytes_read < len(data) / 3


def test_a_title_in_no_known_encoding_does_no_harm() -> None:
    title = b"INFOINAM" + struct.pack("<I", 4) + b"\xff\xfe\x80\x00"
    list_chunk = b"LIST" + struct.pack("<I", len(title)) + title
    data = wav(TALK)
    samples, _, _ = decode(data[:12] + list_chunk + data[12:])
    assert len(samples) == len(TALK)


def test_the_expected_length_is_about_right_with_and_without_a_header() -> None:
    for container, codec in (("wav", "pcm_s16le"), ("adts", "aac")):
        data = encode(container, codec, np.tile(TALK, 10))
        with open_recording(io.BytesIO(data), DAY) as recording:
            expected = [recording.expected_seconds for _ in recording.samples()]
        assert np.median(expected) == pytest.approx(80, rel=0.2)
        assert expected[-1] >= 79.9
