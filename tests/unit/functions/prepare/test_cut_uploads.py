"""A recording whose end was cut off says so, wherever it was cut, and names what is missing."""

import re
from functools import cache

import numpy as np
import pytest

from shared.model.errors import NotAudio, TruncatedRecording
from tests.support.audio_files import encode, tone
from tests.support.decoding import decode
from tests.support.recordings import RATE, silence, speech, wav

TALK = speech()[6 * RATE : 14 * RATE]
SECONDS = 160
LONG = tone(SECONDS)
"""As evenly filled as a recording can be. 1.6 s of it may be missing."""
LONG_PACKETS = {"alac", "tta"}
"""Formats whose packets last half a second or more."""
FASTSTART = {"movflags": "faststart"}

MEASURED = {
    "wav": ("wav", "pcm_s16le", 8000, {}),
    "wav adpcm": ("wav", "adpcm_ima_wav", 8000, {}),
    "rf64": ("wav", "pcm_s16le", 8000, {"rf64": "always"}),
    "w64": ("w64", "pcm_s16le", 8000, {}),
    "aiff": ("aiff", "pcm_s16be", 8000, {}),
    "au": ("au", "pcm_mulaw", 8000, {}),
    "caf": ("caf", "pcm_s16be", 8000, {}),
    "flac": ("flac", "flac", 8000, {}),
    "mp3": ("mp3", "libmp3lame", 22050, {}),
    "m4a": ("ipod", "aac", 22050, FASTSTART),
    "alac": ("ipod", "alac", 8000, FASTSTART),
    "mov": ("mov", "pcm_s16le", 8000, FASTSTART),
    "webm": ("webm", "libopus", 48000, {}),
    "mkv": ("matroska", "aac", 22050, {}),
    "flv": ("flv", "libmp3lame", 22050, {}),
    "wma": ("asf", "wmav2", 22050, {}),
    "tta": ("tta", "tta", 8000, {}),
    "rm": ("rm", "ac3", 32000, {}),
}
"""Formats whose header declares a length, with libav's names."""


@cache
def recording(name: str) -> bytes:
    container, codec, rate, options = MEASURED[name]
    bit_rate = 32_000 if codec == "wmav2" else 0
    return encode(container, codec, LONG, rate=rate, options=options, bit_rate=bit_rate)


@pytest.mark.parametrize("name", sorted(set(MEASURED) - LONG_PACKETS))
def test_an_end_of_a_second_that_is_missing_is_named(name: str) -> None:
    data = recording(name)
    header = data.find(b"mdat") if MEASURED[name][3] == FASTSTART else 0
    missing = int((len(data) - header) * 1.3 / SECONDS)
    samples, _, warnings = decode(data[: len(data) - missing])
    codes = [warning.code for warning in warnings]
    message = warnings[codes.index("end_missing")].message
    declared, named = map(float, re.findall(r"([\d.]+) s", message))
    assert declared == pytest.approx(SECONDS, abs=0.25)
    assert named == pytest.approx(1.3, abs=0.3)
    assert len(samples) / RATE + named == pytest.approx(SECONDS, abs=0.25)


@pytest.mark.parametrize("name", MEASURED)
def test_a_whole_recording_has_no_warning(name: str) -> None:
    samples, _, warnings = decode(recording(name))
    assert len(samples) / RATE == pytest.approx(SECONDS, abs=0.25)
    assert not warnings


@pytest.mark.parametrize("name", MEASURED)
def test_a_twentieth_that_is_missing_is_too_much(name: str) -> None:
    data = recording(name)
    with pytest.raises(TruncatedRecording, match=r"should last 1[56]\d\.\d s, but ends after"):
        decode(data[: len(data) * 19 // 20])


@pytest.mark.parametrize(
    ("container", "codec", "rate"),
    [
        ("mp3", "libmp3lame", 16000),
        ("flac", "flac", 16000),
        ("matroska", "libopus", 48000),
        ("w64", "pcm_u8", 8000),
    ],
)
@pytest.mark.parametrize("kept", [4096, 16_384])
def test_the_beginning_of_a_long_recording_is_truncated_not_too_long(
    container: str, codec: str, rate: int, kept: int
) -> None:
    data = encode(container, codec, silence(500), rate=rate)
    with pytest.raises(TruncatedRecording):
        decode(data[:kept])


@pytest.mark.parametrize("codec", ["aac", "alac"])
@pytest.mark.parametrize("offset", [-8, -4, 0, 8, 40, 400])
def test_an_mp4_cut_at_the_beginning_of_its_sound_is_truncated(codec: str, offset: int) -> None:
    data = encode("ipod", codec, TALK, rate=44100, options=FASTSTART)
    sound = data.index(b"mdat") + 4
    with pytest.raises(TruncatedRecording, match=r"should last 8\.0 s, but ends after 0\.\d s"):
        decode(data[: sound + offset])


@pytest.mark.parametrize("name", sorted(set(MEASURED) - {"flv", "tta"}))
@pytest.mark.parametrize("kept", [110, 300])
def test_a_recording_cut_in_its_header_is_truncated(name: str, kept: int) -> None:
    with pytest.raises(TruncatedRecording):
        decode(recording(name)[:kept])


@pytest.mark.parametrize("kept", [60, 100, 200, 3000])
def test_an_ogg_file_cut_before_its_sound_is_truncated(kept: int) -> None:
    data = encode("ogg", "libopus", TALK, rate=48000)
    with pytest.raises(TruncatedRecording):
        decode(data[:kept])


def test_a_flac_file_cut_in_its_cover_is_truncated() -> None:
    data = encode("flac", "flac", TALK)
    cover = b"\6" + (60_000).to_bytes(3, "big") + bytes(60_000)
    with_cover = data[:42] + cover + data[42:]
    assert len(decode(with_cover)[0]) == len(TALK)
    with pytest.raises(TruncatedRecording, match="reaches to byte 60046, but it ends after 20000"):
        decode(with_cover[:20_000])


@pytest.mark.parametrize(("container", "codec"), [("w64", "pcm_s16le"), ("caf", "pcm_s16be")])
def test_what_follows_the_sound_is_no_sound(container: str, codec: str) -> None:
    samples, _, warnings = decode(encode(container, codec, TALK) + bytes(100_000))
    assert len(samples) == len(TALK)
    assert not warnings


def test_wavpack_keeps_what_precedes_and_follows_damage() -> None:
    data = encode("wv", "wavpack", np.tile(TALK, 4))
    half = len(data) // 2
    samples, _, warnings = decode(data[:half] + bytes(6000) + data[half + 6000 :])
    assert len(samples) / RATE == pytest.approx(32, abs=0.1)
    assert [warning.code for warning in warnings] == ["corrupt_packets", "gap"]


def test_damage_to_an_avi_file_is_named_though_its_packets_have_no_times() -> None:
    data = encode("avi", "libmp3lame", np.tile(TALK, 4), rate=22050)
    start = data.index(b"movi") + 10_000
    samples, _, warnings = decode(data[:start] + bytes(20_000) + data[start + 20_000 :])
    assert [warning.code for warning in warnings] == ["gap"]
    assert len(samples) / RATE == pytest.approx(32, abs=0.2)


def test_a_real_media_file_from_a_pipe_declares_nothing() -> None:
    data = bytearray(recording("rm"))
    length = data.index(b"DATA") + 4
    data[length : length + 4] = bytes(4)
    samples, _, warnings = decode(bytes(data))
    assert len(samples) / RATE == pytest.approx(SECONDS, abs=0.2)
    assert not warnings


def test_a_file_in_which_nothing_is_cut_is_not_truncated() -> None:
    with pytest.raises(NotAudio, match="its sample rate is 1000 Hz"):
        decode(wav(TALK, 1000))
