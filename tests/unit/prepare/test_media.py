"""Every container and codec decodes to the same sound; broken files are named as such."""

import io
import struct
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from functions.prepare.media import Recording, formats, recording
from shared.errors import (
    EmptyRecording,
    NoSound,
    NotAudio,
    RecordingTooLong,
    StageError,
    StorageUnavailable,
    TruncatedRecording,
)
from shared.speech import Media, Warning
from tests.unit.prepare.media_files import RATE, Samples, encoded, nothing, silent_film, speech, tone, wav

TALK = speech()[6 * RATE : 14 * RATE]
DAY = 24 * 3600.0


def decoded(data: bytes, max_seconds: float = DAY) -> tuple[Samples, Media, tuple[Warning, ...]]:
    with recording(io.BytesIO(data), max_seconds) as original:
        samples = np.concatenate([np.zeros((1, 0), np.int16), *original.samples()], axis=1)
        return samples[0], original.media, original.warnings


def length(original: Recording) -> int:
    return sum(piece.shape[1] for piece in original.samples())


def likeness(one: Samples, other: Samples) -> float:
    """Correlation of the loudness of 20 ms frames: 1 when the same is heard at the same times."""
    length = min(len(one), len(other)) // 320 * 320
    loudness = [
        np.sqrt((samples[:length].astype(float).reshape(-1, 320) ** 2).mean(axis=1)) for samples in (one, other)
    ]
    return float(np.corrcoef(*loudness)[0, 1])


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
def test_every_format_gives_the_same_sound(container: str, codec: str, rate: int, name: str, codec_name: str) -> None:
    data = encoded(container, codec, TALK, rate=rate)
    samples, media, warnings = decoded(data)
    assert likeness(samples, TALK) > (0.9 if container in ("adts", "mpegts") else 0.97)  # those cannot tell their delay
    assert media.duration == len(samples) / RATE == pytest.approx(8, abs=0.1)
    assert (media.container, media.codec, media.sample_rate) == (name, codec_name, rate)
    assert (media.channels, media.bytes) == (1, len(data))
    assert not warnings


def test_16_khz_mono_is_taken_as_it_is() -> None:
    samples, _, _ = decoded(wav(TALK))
    np.testing.assert_array_equal(samples, TALK)


@pytest.mark.parametrize("container", ["mp4", "mov", "matroska", "mpegts"])
def test_sound_keeps_its_place_under_the_picture(container: str) -> None:
    samples, _, _ = decoded(encoded(container, "aac", TALK, rate=48000, picture=13, later=3))
    assert not samples[: int(2.9 * RATE)].any()
    assert likeness(samples[3 * RATE :], TALK) > 0.97


@pytest.mark.parametrize("container", ["mp4", "matroska"])
def test_a_picture_that_goes_on_longer_is_no_lost_sound(container: str) -> None:
    _, media, _ = decoded(encoded(container, "aac", TALK, rate=48000, picture=20))
    assert media.duration == pytest.approx(8, abs=0.1)


@pytest.mark.parametrize(("container", "codec"), [("flac", "flac"), ("mp4", "aac")])
def test_surround_is_mixed_down_with_the_voice_of_its_centre(container: str, codec: str) -> None:
    surround = np.zeros((len(TALK), 6), np.int16)
    surround[:, 2] = TALK
    samples, media, _ = decoded(encoded(container, codec, surround.reshape(-1), rate=48000, layout="5.1"))
    assert media.channels == 6
    assert likeness(samples, TALK) > 0.97


@pytest.mark.parametrize("channels", [2, 3, 8, 12, 32])
def test_a_voice_on_the_first_of_many_channels_is_heard(channels: int) -> None:
    sound = np.zeros((len(TALK), channels), np.int16)
    sound[:, 0] = TALK
    samples, media, _ = decoded(wav(sound.reshape(-1), channels=channels))
    assert media.channels == channels
    assert likeness(samples, TALK) > 0.97


def test_many_channels_of_compressed_sound_are_averaged() -> None:
    sound = np.zeros((len(TALK), 12), np.int16)
    sound[:, 3] = TALK
    data = encoded(
        "ogg", "libopus", sound.reshape(-1), rate=48000, layout="12 channels", codec_options={"mapping_family": "255"}
    )
    samples, media, _ = decoded(data)
    assert media.channels == 12
    assert likeness(samples, TALK) > 0.9


def without_the_fifth_second(packets: list[Any]) -> list[Any]:
    return [packet for packet in packets if not 4 < packet.pts * packet.time_base < 5]


@pytest.mark.parametrize(("container", "codec"), [("matroska", "aac"), ("mp4", "aac"), ("ogg", "libopus")])
def test_what_is_missing_in_the_middle_is_silence_and_the_rest_stays_in_its_place(container: str, codec: str) -> None:
    samples, media, _ = decoded(encoded(container, codec, TALK, rate=48000, packets=without_the_fifth_second))
    assert media.duration == pytest.approx(8, abs=0.1)
    assert abs(samples[int(4.2 * RATE) : int(4.8 * RATE)]).max() < 50
    assert likeness(samples[int(5.2 * RATE) :], TALK[int(5.2 * RATE) :]) > 0.97


def test_a_clock_that_begins_anew_in_a_chained_file_leaves_no_gap() -> None:
    data = encoded("ogg", "libopus", TALK, rate=48000, packets=without_the_fifth_second)
    samples, _, _ = decoded(2 * data)
    assert len(samples) / RATE == pytest.approx(16, abs=0.1)
    for start in (0, 8):
        assert likeness(samples[(start + 5) * RATE : (start + 8) * RATE], TALK[5 * RATE :]) > 0.95


def test_a_clock_that_leaps_in_a_broadcast_leaves_no_gap() -> None:
    data = encoded("mpegts", "aac", TALK, rate=48000) + encoded("mpegts", "aac", TALK, rate=48000, later=500)
    assert decoded(data)[1].duration == pytest.approx(16, abs=0.1)


def test_the_sample_rate_may_change_on_the_way() -> None:
    data = encoded("mp3", "libmp3lame", TALK, rate=44100) + encoded("mp3", "libmp3lame", TALK, rate=16000)
    samples, _, _ = decoded(data)
    assert likeness(samples[: 8 * RATE], TALK) > 0.97
    assert len(samples) / RATE == pytest.approx(16, abs=0.2)


def damaged(data: bytes, where: list[float], length: int = 40) -> bytes:
    broken = bytearray(data)
    for share in where:
        start = int(share * len(data))
        broken[start : start + length] = bytes(255 - byte for byte in broken[start : start + length])
    return bytes(broken)


def test_a_few_corrupt_packets_are_skipped_with_a_warning() -> None:
    data = damaged(encoded("mp4", "aac", TALK, rate=48000), [0.3, 0.4, 0.5, 0.6, 0.7])
    samples, _, (warning,) = decoded(data)
    assert len(samples) / RATE == pytest.approx(8, abs=0.1)
    assert warning.code == "corrupt_packets"
    assert 1 <= int(warning.message.split()[0]) < 30


def test_what_is_corrupt_for_the_most_part_is_no_audio() -> None:
    data = encoded("mp4", "aac", TALK, rate=48000, options={"movflags": "faststart"})
    start = data.index(b"mdat") + 2000
    with pytest.raises(NotAudio, match="packets cannot be decoded"):
        decoded(data[:start] + bytes(255 - byte for byte in data[start:]))


HALVES = [("wav", "pcm_s16le"), ("aiff", "pcm_s16be"), ("flac", "flac"), ("mp3", "libmp3lame"), ("webm", "libopus")]


@pytest.mark.parametrize(("container", "codec"), HALVES)
def test_half_a_recording_is_truncated(container: str, codec: str) -> None:
    data = encoded(container, codec, TALK, rate=48000)
    with pytest.raises(TruncatedRecording, match=r"should last 8\.\d s, but ends after [34]\.\d s"):
        decoded(data[: len(data) // 2])


@pytest.mark.parametrize("picture", [0, 10])
def test_half_an_mp4_is_truncated_wherever_its_index_is(picture: float) -> None:
    for options, why in (({}, "index"), ({"movflags": "faststart"}, "should last 8")):
        data = encoded("mp4", "aac", TALK, rate=48000, picture=picture, options=options)
        with pytest.raises(TruncatedRecording, match=why):
            decoded(data[: len(data) // 2])


@pytest.mark.parametrize("length", [0, 0x7FFFFFFF - 36, 0x7FFFF000, 0x80000000, 0xFFFFFFFF])
def test_a_wav_written_to_a_pipe_is_not_truncated(length: int) -> None:
    data = wav(TALK)
    at = data.index(b"data") + 4
    samples, _, _ = decoded(data[:at] + struct.pack("<I", length) + data[at + 4 :])
    assert len(samples) == len(TALK)


@pytest.mark.parametrize(("container", "codec"), [("adts", "aac"), ("ogg", "libopus"), ("mpegts", "mp2")])
def test_where_the_length_is_a_guess_nothing_is_said_to_be_truncated(container: str, codec: str) -> None:
    loud_then_quiet = np.concatenate([TALK, nothing(20)])
    data = encoded(container, codec, loud_then_quiet, rate=48000)
    assert decoded(data[: len(data) // 2])[1].duration > 3


def test_an_mp3_of_variable_rate_without_a_header_is_not_truncated() -> None:
    parts = [
        encoded("mp3", "libmp3lame", TALK, rate=44100, bit_rate=bit_rate, options={"write_xing": "0"})
        for bit_rate in (32_000, 320_000)
    ]
    assert decoded(b"".join(parts))[1].duration == pytest.approx(16, abs=0.2)


PDF = b"%PDF-1.7\n" + 500 * b"1 0 obj << /Length 44 /Filter /FlateDecode >> stream\n"
SUBTITLES = 20 * b"1\n00:00:01,000 --> 00:00:02,000\nhello\n\n"
IMAGE = b"\x89PNG\r\n\x1a\n" + bytes(200)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", EmptyRecording),
        (wav(nothing(0)), EmptyRecording),
        (wav(TALK)[:30], NotAudio),
        (PDF, NotAudio),
        (b"Minutes of the meeting\n" * 1000, NotAudio),
        (np.random.default_rng(1).bytes(200_000), NotAudio),
        (SUBTITLES, NotAudio),
        (IMAGE, NotAudio),
        (silent_film("mp4", 3), NoSound),
        (silent_film("matroska", 3), NoSound),
    ],
    ids=["empty", "no samples", "no header", "pdf", "text", "noise", "subtitles", "image", "mp4 film", "mkv film"],
)
def test_what_is_no_recording_is_refused(data: bytes, problem: type[StageError]) -> None:
    with pytest.raises(problem):
        decoded(data)


class Counting(io.BytesIO):
    """Counts the bytes that are read."""

    taken = 0

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        self.taken += len(data)
        return data


def test_a_recording_that_is_too_long_is_refused_by_its_header() -> None:
    file = Counting(wav(np.tile(TALK, 20)))
    with pytest.raises(RecordingTooLong, match="says it lasts 160 s"), recording(file, 60):
        pass
    assert file.taken < 300_000


def test_decoding_stops_where_the_limit_is_passed() -> None:
    file = Counting(encoded("adts", "aac", np.tile(TALK, 10)))
    with pytest.raises(RecordingTooLong, match="limit of 20 s"), recording(file, 20) as original:
        for _ in original.samples():
            pass
    assert file.taken < len(file.getvalue()) / 2


@pytest.mark.parametrize("container", ["wav", "adts"])
def test_a_recording_as_long_as_the_limit_is_accepted(container: str) -> None:
    codec = {"wav": "pcm_s16le", "adts": "aac"}[container]
    assert decoded(encoded(container, codec, tone(5)), max_seconds=5.2)[1].duration == pytest.approx(5, abs=0.2)


CONCAT = b"ffconcat version 1.0\nfile 'sound.wav'\n"
HLS = b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nsound.wav\n#EXT-X-ENDLIST\n"
SDP = b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n"


@pytest.mark.parametrize("playlist", [CONCAT, HLS, SDP], ids=["concat", "hls", "sdp"])
def test_what_names_other_files_is_refused(playlist: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sound.wav").write_bytes(wav(TALK))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NotAudio):
        decoded(playlist)


def test_no_demuxer_that_follows_a_list_is_among_those_allowed() -> None:
    assert {"concat", "hls", "imf", "sdp", "rtsp", "image2"}.isdisjoint(formats().split(","))
    assert {"wav", "mp3", "matroska", "mov", "ogg", "mpegts"} <= set(formats().split(","))


def test_libav_left_alone_would_follow_the_playlist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sound.wav").write_bytes(wav(TALK))
    monkeypatch.chdir(tmp_path)
    with av.open(io.BytesIO(CONCAT)) as container:
        assert container.streams.best("audio") is not None


class Failing(io.BytesIO):
    """Storage that fails once, at the n-th read."""

    def __init__(self, data: bytes, at: int) -> None:
        super().__init__(data)
        self._at = at
        self.reads = 0

    def read(self, size: int | None = -1, /) -> bytes:
        self.reads += 1
        if self.reads == self._at:
            raise StorageUnavailable("503 from storage")
        return super().read(size)


@pytest.mark.parametrize(
    ("container", "codec"), [("wav", "pcm_s16le"), ("mp4", "aac"), ("mp3", "libmp3lame"), ("mpegts", "aac")]
)
def test_what_storage_raises_is_never_taken_for_bad_audio(container: str, codec: str) -> None:
    data = encoded(container, codec, np.tile(TALK, 5), rate=48000)
    whole = Failing(data, 0)
    with recording(whole, DAY) as original:
        assert length(original) > 39 * RATE
    for at in {*range(1, 10), *range(10, whole.reads, whole.reads // 4)}:
        file = Failing(data, at)
        with pytest.raises(StorageUnavailable), recording(file, DAY) as original:
            for _ in original.samples():
                pass
        assert file.reads == at


def test_what_storage_raises_is_never_taken_for_a_lack_of_sound() -> None:
    padding = 200 * (b"\x47\x1f\xff\x10" + 184 * b"\xff")
    data = padding + encoded("mpegts", "aac", TALK, rate=48000)
    assert len(decoded(data)[0]) > 7 * RATE
    for at in range(1, 6):
        with pytest.raises(StorageUnavailable), recording(Failing(data, at), DAY) as original:
            length(original)


def test_a_title_in_no_known_encoding_does_no_harm() -> None:
    data, title = wav(TALK), b"INFOINAM" + struct.pack("<I", 4) + b"\xff\xfe\x80\x00"
    data = data[:12] + b"LIST" + struct.pack("<I", len(title)) + title + data[12:]
    assert len(decoded(data)[0]) == len(TALK)


def test_the_picture_is_not_read() -> None:
    file = Counting(encoded("mp4", "aac", TALK, rate=48000, picture=8, size=1024))
    with recording(file, DAY) as original:
        for _ in original.samples():
            pass
    assert file.taken < len(file.getvalue()) / 2


def test_the_expected_length_is_about_right_with_and_without_a_header() -> None:
    for container, codec in (("wav", "pcm_s16le"), ("adts", "aac")):
        with recording(io.BytesIO(encoded(container, codec, np.tile(TALK, 10))), DAY) as original:
            expected = [original.expected for _ in original.samples()]
        assert np.median(expected) == pytest.approx(80, rel=0.2)
        assert expected[-1] >= 79.9
