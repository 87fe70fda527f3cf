"""Recordings that are too long, implausibly long for their size, or truncated are refused."""

import struct

import numpy as np
import pytest

from functions.prepare.media import open_recording
from shared.model.errors import RecordingTooLong, TruncatedRecording
from tests.hostile.bombs import large_frames, overlapping
from tests.support.audio_files import encode, tone
from tests.support.decoding import CountingFile, decode, decode_file
from tests.support.recordings import RATE, silence, speech, wav

TALK = speech()[6 * RATE : 14 * RATE]


def test_a_recording_that_is_too_long_is_refused_by_its_header() -> None:
    file = CountingFile(wav(np.tile(TALK, 20)))
    with pytest.raises(RecordingTooLong, match="says it lasts 160 s"), open_recording(file, 60):
        pass
    assert file.bytes_read < 300_000


def test_decoding_stops_at_the_limit() -> None:
    file = CountingFile(encode("adts", "aac", np.tile(TALK, 10)))
    with pytest.raises(RecordingTooLong, match="limit of 20 s"):
        decode_file(file, 20)
    assert file.bytes_read < len(file.getvalue()) / 2


@pytest.mark.parametrize(("container", "codec"), [("wav", "pcm_s16le"), ("adts", "aac")])
def test_a_recording_as_long_as_the_limit_is_accepted(container: str, codec: str) -> None:
    _, media, _ = decode(encode(container, codec, tone(5)), max_seconds=5.2)
    assert media.duration == pytest.approx(5, abs=0.2)


def test_a_small_file_that_declares_hours_is_not_decoded() -> None:
    message = "it says it lasts 20000 s, which 88361 bytes cannot hold"
    with pytest.raises(RecordingTooLong, match=message):
        decode(overlapping(20_000))


def test_a_small_file_that_unfolds_to_hours_is_refused_while_decoding() -> None:
    data = large_frames(8000, 1000)
    message = f"longer than 5[0-9]{{2}} s, which {len(data)} bytes cannot hold"
    with pytest.raises(RecordingTooLong, match=message):
        decode(data)


def test_five_minutes_of_silence_may_be_small() -> None:
    samples, _, _ = decode(large_frames(8000, 36))
    assert len(samples) / RATE == pytest.approx(36 * 65_535 / 8000, abs=0.1)


HALVES = [
    ("wav", "pcm_s16le"),
    ("aiff", "pcm_s16be"),
    ("flac", "flac"),
    ("mp3", "libmp3lame"),
    ("webm", "libopus"),
]


@pytest.mark.parametrize(("container", "codec"), HALVES)
def test_half_a_recording_is_truncated(container: str, codec: str) -> None:
    data = encode(container, codec, TALK, rate=48000)
    with pytest.raises(TruncatedRecording, match=r"should last 8\.\d s, but ends after [34]\.\d s"):
        decode(data[: len(data) // 2])


@pytest.mark.parametrize("picture", [0, 10])
def test_half_an_mp4_is_truncated_wherever_its_index_is(picture: float) -> None:
    for options, message in (({}, "index"), ({"movflags": "faststart"}, "should last 8")):
        data = encode("mp4", "aac", TALK, rate=48000, picture=picture, options=options)
        with pytest.raises(TruncatedRecording, match=message):
            decode(data[: len(data) // 2])


@pytest.mark.parametrize("declared", [0, 0x7FFFFFFF - 36, 0x7FFFF000, 0x80000000, 0xFFFFFFFF])
def test_a_wav_written_to_a_pipe_is_not_truncated(declared: int) -> None:
    data = wav(TALK)
    start = data.index(b"data") + 4
    samples, _, _ = decode(data[:start] + struct.pack("<I", declared) + data[start + 4 :])
    assert len(samples) == len(TALK)


@pytest.mark.parametrize(
    ("container", "codec"), [("adts", "aac"), ("ogg", "libopus"), ("mpegts", "mp2")]
)
def test_a_recording_whose_length_is_a_guess_is_never_truncated(container: str, codec: str) -> None:
    loud_then_quiet = np.concatenate([TALK, silence(20)])
    data = encode(container, codec, loud_then_quiet, rate=48000)
    _, media, _ = decode(data[: len(data) // 2])
    assert media.duration > 3


def test_an_mp3_of_variable_rate_without_a_header_is_not_truncated() -> None:
    no_header = {"write_xing": "0"}
    low = encode("mp3", "libmp3lame", TALK, rate=44100, bit_rate=32_000, options=no_header)
    high = encode("mp3", "libmp3lame", TALK, rate=44100, bit_rate=320_000, options=no_header)
    _, media, _ = decode(low + high)
    assert media.duration == pytest.approx(16, abs=0.2)
