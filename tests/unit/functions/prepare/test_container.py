"""Files that are not recordings are refused, and no file but the recording is opened."""

import io
from pathlib import Path

import av
import numpy as np
import pytest

from functions.prepare.container import allowed_formats, audio_codecs
from shared.model.errors import EmptyRecording, NoSound, NotAudio, StageError
from tests.hostile.bombs import cover
from tests.support.audio_files import silent_film
from tests.support.decoding import decode
from tests.support.recordings import RATE, silence, speech, wav

TALK = speech()[6 * RATE : 14 * RATE]

PDF = b"%PDF-1.7\n" + 500 * b"1 0 obj << /Length 44 /Filter /FlateDecode >> stream\n"
SUBTITLES = 20 * b"1\n00:00:01,000 --> 00:00:02,000\nhello\n\n"
IMAGE = b"\x89PNG\r\n\x1a\n" + bytes(200)


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", EmptyRecording),
        (wav(silence(0)), EmptyRecording),
        (wav(TALK)[:10], NotAudio),
        (PDF, NotAudio),
        (b"Minutes of the meeting\n" * 1000, NotAudio),
        (np.random.default_rng(1).bytes(200_000), NotAudio),
        (SUBTITLES, NotAudio),
        (IMAGE, NotAudio),
        (silent_film("mp4", 3), NoSound),
        (silent_film("matroska", 3), NoSound),
    ],
    ids=[
        "empty",
        "no samples",
        "no header",
        "pdf",
        "text",
        "noise",
        "subtitles",
        "image",
        "mp4 film",
        "mkv film",
    ],
)
def test_what_is_not_a_recording_is_refused(data: bytes, problem: type[StageError]) -> None:
    with pytest.raises(problem):
        decode(data)


CONCAT = b"ffconcat version 1.0\nfile 'sound.wav'\n"
HLS = b"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nsound.wav\n#EXT-X-ENDLIST\n"
SDP = b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n"


@pytest.mark.parametrize("playlist", [CONCAT, HLS, SDP], ids=["concat", "hls", "sdp"])
def test_a_file_that_names_other_files_is_refused(
    playlist: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sound.wav").write_bytes(wav(TALK))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NotAudio):
        decode(playlist)


def test_no_demuxer_that_reads_other_files_is_allowed() -> None:
    allowed = set(allowed_formats().split(","))
    assert {"concat", "hls", "imf", "sdp", "rtsp", "image2"}.isdisjoint(allowed)
    assert {"wav", "mp3", "matroska", "mov", "ogg", "mpegts"} <= allowed


def test_libav_without_our_options_would_open_the_file_that_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sound.wav").write_bytes(wav(TALK))
    monkeypatch.chdir(tmp_path)
    with av.open(io.BytesIO(CONCAT)) as container:
        assert container.streams.best("audio") is not None


def test_a_cover_is_not_decoded() -> None:
    codecs = set(audio_codecs().split(","))
    assert {"png", "mjpeg", "gif", "h264", "ass"}.isdisjoint(codecs)
    assert {"aac", "mp3", "opus", "flac", "pcm_s16le", "amrnb"} <= codecs
    assert len(decode(cover(5000))[0]) == 2 * RATE
