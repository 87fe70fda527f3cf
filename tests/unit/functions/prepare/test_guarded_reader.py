"""Storage errors are never taken for bad audio, and files without sound are read in part."""

import io

import numpy as np
import pytest

from functions.prepare import encryption_marks, guarded_reader, section_file
from functions.prepare.headers import read_file_header
from functions.prepare.sound_bytes import MAX_CHUNKS
from shared.model.errors import NotAudio, StorageUnavailable
from tests.support.audio_files import encode
from tests.support.decoding import CountingFile, FailingFile, decode, decode_file
from tests.support.recordings import RATE, speech, wav

TALK = speech()[6 * RATE : 14 * RATE]


@pytest.mark.parametrize(
    ("container", "codec"),
    [("wav", "pcm_s16le"), ("mp4", "aac"), ("mp3", "libmp3lame"), ("mpegts", "aac")],
)
def test_an_error_of_storage_is_never_taken_for_bad_audio(container: str, codec: str) -> None:
    data = encode(container, codec, np.tile(TALK, 5), rate=48000)
    whole = FailingFile(data, failing_read=0)
    assert decode_file(whole) > 39 * RATE
    for failing_read in {*range(1, 10), *range(10, whole.reads, whole.reads // 4)}:
        file = FailingFile(data, failing_read)
        with pytest.raises(StorageUnavailable):
            decode_file(file)
        assert file.reads == failing_read


def test_an_error_of_storage_is_never_taken_for_missing_sound() -> None:
    null_packet = b"\x47\x1f\xff\x10" + 184 * b"\xff"
    data = 200 * null_packet + encode("mpegts", "aac", TALK, rate=48000)
    assert len(decode(data)[0]) > 7 * RATE
    for failing_read in range(1, 6):
        with pytest.raises(StorageUnavailable):
            decode_file(FailingFile(data, failing_read))


def test_endless_empty_chunks_are_not_read_to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarded_reader, "MAX_BYTES_BEFORE_SOUND", 2**20)
    monkeypatch.setattr(section_file, "MAX_SEARCHED", 2**10)
    file = CountingFile(b"RIFF\0\0\0\0WAVE" + bytes(3 * 2**20))
    with pytest.raises(NotAudio, match="no sound was found in the first 1048576 bytes"):
        decode_file(file)
    assert file.bytes_read < 1.2 * 2**20 + encryption_marks.SEARCHED

    file.bytes_read = 0
    assert read_file_header(file, len(file.getvalue())).sound is None
    assert file.bytes_read < 20 * MAX_CHUNKS


def test_all_of_the_file_is_read_once_sound_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guarded_reader, "MAX_BYTES_BEFORE_SOUND", 2**19)
    long = np.tile(TALK[: 4 * RATE], 10)
    np.testing.assert_array_equal(decode(wav(long))[0], long)


def test_the_picture_is_not_read() -> None:
    file = CountingFile(encode("mp4", "aac", TALK, rate=48000, picture=8, size=1024))
    decode_file(file)
    assert file.bytes_read < len(file.getvalue()) / 2


def test_an_open_file_is_read_from_its_start() -> None:
    file = io.BytesIO(wav(TALK))
    file.seek(1000)
    assert decode_file(file) == len(TALK)
