"""Every recording of a file of several is heard, or the bytes of it that cannot be are named."""

import io
import struct
from typing import Any

import av
import numpy as np
import pytest

from functions.prepare import section_chain
from shared.model.artifacts import StageWarning
from shared.model.errors import NotAudio, TruncatedRecording
from tests.support.audio_files import encode, encode_audio
from tests.support.bursts import burst_times, with_bursts
from tests.support.decoding import decode
from tests.support.recordings import wav

TIMES = [0.5, 1.5]
SECONDS = 3.0
TONES = with_bursts(TIMES, SECONDS)
NOISE = np.random.default_rng(0).bytes(60_000)


def sound(container: str, codec: str, rate: int, channels: int = 1, **settings: Any) -> bytes:
    layout = "stereo" if channels == 2 else "mono"
    samples = np.repeat(TONES, channels)
    return encode(container, codec, samples, rate=rate, layout=layout, **settings)


def fragmented(rate: int, channels: int = 1) -> bytes:
    options = {"movflags": "frag_keyframe+empty_moov", "frag_duration": "1000000"}
    return sound("mp4", "aac", rate, channels, options=options)


def opus(channels: int = 1) -> bytes:
    return sound("ogg", "libopus", 48_000, channels)


JOINED = {
    "opus mono and stereo": (opus(), opus(2)),
    "opus and flac in ogg": (opus(), sound("ogg", "flac", 16_000)),
    "flac and opus in ogg": (sound("ogg", "flac", 16_000), opus(2)),
    "flac of two rates in ogg": (sound("ogg", "flac", 16_000), sound("ogg", "flac", 44_100)),
    "wav": (sound("wav", "pcm_s16le", 16_000), sound("wav", "pcm_f32le", 44_100, 2)),
    "w64": (sound("w64", "pcm_s16le", 16_000), sound("w64", "pcm_s16le", 48_000, 2)),
    "aiff": (sound("aiff", "pcm_s16be", 16_000), sound("aiff", "pcm_s16be", 44_100, 2)),
    "au": (sound("au", "pcm_s16be", 16_000), sound("au", "pcm_s16be", 44_100, 2)),
    "caf": (sound("caf", "pcm_s16le", 16_000), sound("caf", "pcm_s16le", 44_100, 2)),
    "flac": (sound("flac", "flac", 16_000), sound("flac", "flac", 44_100, 2)),
    "tta": (sound("tta", "tta", 16_000), sound("tta", "tta", 16_000, 2)),
    "wavpack": (sound("wv", "wavpack", 16_000), sound("wv", "wavpack", 44_100, 2)),
    "mp4": (sound("mp4", "aac", 48_000), sound("mp4", "aac", 44_100, 2)),
    "mp4 with its index first": (
        sound("mp4", "aac", 48_000, options={"movflags": "faststart"}),
        sound("mp4", "aac", 44_100, 2, options={"movflags": "faststart"}),
    ),
    "fragmented mp4": (fragmented(48_000), fragmented(44_100, 2)),
    "webm and matroska": (sound("webm", "libopus", 48_000), sound("matroska", "aac", 44_100, 2)),
    "flv": (sound("flv", "aac", 44_100), sound("flv", "libmp3lame", 44_100, 2)),
    "wma": (sound("asf", "wmav2", 44_100, bit_rate=64_000),) * 2,
    "amr": (sound("amr", "libopencore_amrnb", 8_000),) * 2,
    "avi": (sound("avi", "mp2", 44_100), sound("avi", "mp2", 48_000, 2)),
    "nut": (sound("nut", "pcm_s16le", 16_000), sound("nut", "mp2", 48_000, 2)),
    "voc": (sound("voc", "pcm_u8", 8_000), sound("voc", "pcm_u8", 16_000)),
    "mmf": (sound("mmf", "adpcm_yamaha", 8_000),) * 2,
    "sox": (sound("sox", "pcm_s32le", 16_000), sound("sox", "pcm_s32le", 22_050, 2)),
    "ircam": (sound("ircam", "pcm_s16le", 16_000), sound("ircam", "pcm_s16le", 22_050, 2)),
    "wtv": (sound("wtv", "mp2", 48_000), sound("wtv", "mp2", 44_100, 2)),
    "adx": (sound("adx", "adpcm_adx", 16_000), sound("adx", "adpcm_adx", 22_050, 2)),
    "ast": (sound("ast", "pcm_s16be_planar", 16_000),) * 2,
    "realmedia": (sound("rm", "ac3", 48_000), sound("rm", "ac3", 44_100, 2)),
    "adts whose rate falls": (sound("adts", "aac", 48_000), sound("adts", "aac", 16_000)),
    "adts whose rate rises": (sound("adts", "aac", 16_000), sound("adts", "aac", 48_000, 2)),
    "mpegts of two rates": (sound("mpegts", "aac", 48_000), sound("mpegts", "aac", 16_000, 2)),
    "mpegts of two codecs": (sound("mpegts", "aac", 48_000), sound("mpegts", "mp2", 48_000)),
    "mpegts on two channels": (
        sound("mpegts", "aac", 48_000),
        sound("mpegts", "aac", 48_000, options={"mpegts_start_pid": "500"}),
    ),
    "mpegts that gains a picture": (
        sound("mpegts", "aac", 48_000),
        sound("mpegts", "aac", 48_000, picture=3),
    ),
}


@pytest.mark.parametrize("name", JOINED)
def test_each_of_two_joined_recordings_is_heard_whatever_changes(name: str) -> None:
    first, second = JOINED[name]
    samples, media, warnings = decode(first + second)
    expected = [*TIMES, *(SECONDS + time for time in TIMES)]
    assert burst_times(samples) == pytest.approx(expected, abs=0.15)
    assert media.duration == pytest.approx(2 * SECONDS, abs=0.2)
    assert not warnings


def test_a_first_recording_shorter_than_what_libav_probes_is_heard_alone() -> None:
    short = encode("ogg", "libopus", with_bursts([0.1], 0.7), rate=48_000)
    samples, media, warnings = decode(short + opus(2) + opus())
    expected = [0.1, 1.2, 2.2, 4.2, 5.2]
    assert burst_times(samples) == pytest.approx(expected, abs=0.05)
    assert (media.channels, media.codec) == (1, "opus")
    assert not warnings


def two_tracks() -> bytes:
    """Returns an Ogg file of two streams of sound, which begin at the same place."""
    file = io.BytesIO()
    with av.open(file, "w", format="ogg") as output:
        streams = [output.add_stream("libopus", rate=48_000, layout="mono") for _ in range(2)]
        packets = [encode_audio(stream, TONES, "mono", 0) for stream in streams]
        for pair in zip(*packets, strict=True):
            output.mux(pair)
    return file.getvalue()


def test_streams_that_begin_at_one_place_are_one_recording() -> None:
    samples, _, warnings = decode(2 * two_tracks())
    assert burst_times(samples) == pytest.approx([0.5, 1.5, 3.5, 4.5], abs=0.05)
    assert [warning.code for warning in warnings] == ["other_tracks"]


def zeroed(data: bytes, start: int, end: int) -> bytes:
    return data[:start] + bytes(end - start) + data[end:]


def unread(warnings: tuple[StageWarning, ...]) -> StageWarning:
    (warning,) = [each for each in warnings if each.code == "not_read"]
    return warning


@pytest.mark.parametrize("end", [100, 15_000])
def test_a_recording_without_its_header_is_named_and_those_around_it_are_heard(end: int) -> None:
    damaged = zeroed(opus(2), 0, end)
    samples, _, warnings = decode(opus() + damaged + opus())
    expected = [*TIMES, *(SECONDS + time for time in TIMES)]
    assert burst_times(samples) == pytest.approx(expected, abs=0.05)
    warning = unread(warnings)
    named = f"{len(damaged)} of {len(damaged) + 2 * len(opus())} bytes, about "
    assert warning.message.startswith(named)
    seconds = float(warning.message.removeprefix(named).split()[0])
    assert seconds == pytest.approx(SECONDS, rel=0.5)
    assert warning.span is not None
    assert (warning.span.start, warning.span.end) == pytest.approx((2.5, 3.5), abs=0.05)


def test_a_file_whose_first_recording_is_damaged_is_heard_from_the_second_on() -> None:
    damaged = zeroed(opus(2), 28, 100)
    samples, _, warnings = decode(damaged + opus())
    assert burst_times(samples) == pytest.approx(TIMES, abs=0.05)
    expected = f"{len(damaged)} of {len(damaged) + len(opus())} bytes could not be read"
    assert unread(warnings).message.startswith(expected)


def test_a_file_none_of_whose_recordings_can_be_opened_is_refused() -> None:
    damaged = zeroed(opus(2), 28, 100)
    with pytest.raises(NotAudio):
        decode(damaged + damaged)


def test_the_part_of_a_joined_recording_that_is_missing_is_named() -> None:
    whole = wav(TONES)
    half = whole[: len(whole) // 2]
    samples, _, (warning,) = decode(whole + half + whole)
    expected = [0.5, 1.5, 3.5, 5.0, 6.0]
    assert burst_times(samples) == pytest.approx(expected, abs=0.05)
    assert warning.code == "end_missing"
    assert "should last 3.0 s, but ends after 1.5 s" in warning.message


def test_half_of_a_single_recording_is_still_refused() -> None:
    whole = sound("mp4", "aac", 48_000)
    with pytest.raises(TruncatedRecording):
        decode(whole[: len(whole) // 2])


def test_sections_beyond_the_limit_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(section_chain, "MAX_SECTIONS", 2)
    samples, _, warnings = decode(3 * opus())
    assert len(burst_times(samples)) == 4
    message = unread(warnings).message
    assert message.startswith(f"{len(opus())} of {3 * len(opus())} bytes, about 3.0 s,")
    assert message.endswith("the file has too many sections")


@pytest.mark.parametrize(
    ("container", "codec"), [("wav", "pcm_s16le"), ("ogg", "libopus"), ("adts", "aac")]
)
def test_bytes_behind_the_sound_that_are_no_tag_are_named(container: str, codec: str) -> None:
    data = sound(container, codec, 48_000)
    _, media, warnings = decode(data + NOISE)
    assert media.duration == pytest.approx(SECONDS, abs=0.1)
    named = int(unread(warnings).message.split()[0])
    assert named == pytest.approx(len(NOISE), abs=100)


@pytest.mark.parametrize(
    "rest",
    [
        b"APETAGEX" + NOISE,
        b"ID3" + NOISE,
        bytes(60_000),
        b"id3 " + struct.pack("<I", len(NOISE)) + NOISE,
    ],
    ids=["APE tag", "ID3 tag", "padding", "chunk"],
)
def test_a_tag_or_padding_behind_the_sound_is_not_named(rest: bytes) -> None:
    samples, _, warnings = decode(wav(TONES) + rest)
    assert len(samples) == len(TONES)
    assert not warnings


def test_sound_behind_the_length_in_a_wav_header_is_named() -> None:
    data = wav(TONES)
    start = data.index(b"data") + 4
    stale = data[:start] + struct.pack("<I", 32_000) + data[start + 4 :]
    _, media, warnings = decode(stale)
    assert media.duration == pytest.approx(1.0)
    assert unread(warnings).message.startswith("64000 of 96044 bytes, about 2.0 s,")


def test_a_codec_that_changes_in_a_flash_video_is_named() -> None:
    first = sound("flv", "aac", 44_100)
    tags = sound("flv", "libmp3lame", 44_100)[13:]
    _, media, warnings = decode(first + tags)
    assert media.duration == pytest.approx(SECONDS, abs=0.1)
    named = int(unread(warnings).message.split()[0])
    assert named == pytest.approx(len(tags), rel=0.1)


def test_an_mp3_file_behind_a_wav_file_is_named_although_it_begins_with_a_tag() -> None:
    tagged = sound("mp3", "libmp3lame", 44_100, options={"id3v2_version": "3"})
    assert tagged.startswith(b"ID3")
    _, _, warnings = decode(sound("wav", "pcm_s16le", 16_000) + tagged)
    assert [warning.code for warning in warnings] == ["not_read"]


def test_a_recording_behind_an_mp3_file_is_no_missing_end_of_it() -> None:
    joined = sound("mp3", "libmp3lame", 44_100) + sound("wav", "pcm_s16le", 16_000)
    samples, _, warnings = decode(joined)
    assert burst_times(samples) == pytest.approx(TIMES, abs=0.1)
    assert "end_missing" not in {warning.code for warning in warnings}


def test_noise_behind_the_length_in_an_au_header_is_named_and_not_heard() -> None:
    """libav reads such a file to its end."""
    data = sound("au", "pcm_s16be", 16_000)
    samples, _, warnings = decode(data + NOISE)
    assert len(samples) == len(TONES)
    assert unread(warnings).message.startswith(f"{len(NOISE)} of {len(data) + len(NOISE)} bytes")
    padded, _, warnings = decode(data + bytes(3000))
    assert burst_times(padded) == pytest.approx(TIMES, abs=0.1)
    assert not warnings
