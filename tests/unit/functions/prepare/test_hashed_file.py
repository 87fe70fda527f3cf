"""The SHA-256 of a recording is that of all its bytes, and few of them are read twice for it."""

import hashlib
import io
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.prepare import hashed_file
from functions.prepare.hashed_file import HashedFile
from functions.prepare.media import open_recording
from shared.model.errors import StorageUnavailable
from tests.support.audio_files import encode
from tests.support.decoding import DAY, CountingFile, FailingFile
from tests.support.prepared_audio import PreparedAudio
from tests.support.recordings import RATE, speech, wav

reads = st.lists(st.tuples(st.integers(0, 120), st.integers(-1, 60)), max_size=20)


@pytest.fixture(autouse=True)
def small_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashed_file, "MAX_SKIP", 10)
    monkeypatch.setattr(hashed_file, "BLOCK", 7)


@settings(max_examples=300)
@given(st.binary(max_size=100), reads)
def test_it_reads_as_the_file_does_and_hashes_all_of_it(
    data: bytes, calls: list[tuple[int, int]]
) -> None:
    plain = io.BytesIO(data)
    hashed = HashedFile(io.BytesIO(data))
    for position, size in calls:
        assert hashed.seek(position) == plain.seek(position)
        assert hashed.read(size) == plain.read(size)
        assert hashed.tell() == plain.tell()
    assert hashed.sha256() == hashlib.sha256(data).hexdigest()
    assert hashed.sha256() == hashlib.sha256(data).hexdigest(), "it can be asked again"


def test_a_file_that_is_read_in_order_is_read_once() -> None:
    file = CountingFile(random.Random(1).randbytes(1000))
    hashed = HashedFile(file)
    while hashed.read(64):
        hashed.seek(3, io.SEEK_CUR)
    assert hashed.sha256() == hashlib.sha256(file.getvalue()).hexdigest()
    assert file.bytes_read == 1000, "short skips are read on the way"


def test_an_index_at_the_end_is_read_twice_and_nothing_else() -> None:
    file = CountingFile(random.Random(1).randbytes(1000))
    hashed = HashedFile(file)
    hashed.read(16)
    hashed.seek(900)
    hashed.read(100)
    hashed.seek(16)
    while hashed.tell() < 900:
        hashed.read(4)
    assert hashed.sha256() == hashlib.sha256(file.getvalue()).hexdigest()
    assert file.bytes_read == 1100


def test_an_error_of_storage_is_not_taken_for_the_end() -> None:
    hashed = HashedFile(FailingFile(b"x" * 100, failing_read=3))
    hashed.read(10)
    with pytest.raises(StorageUnavailable):
        hashed.sha256()


@pytest.mark.parametrize(
    "container, codec, rate, picture",
    [
        ("wav", "pcm_s16le", RATE, 0),
        ("mp3", "libmp3lame", RATE, 0),
        ("ogg", "libopus", 48000, 0),
        ("mp4", "aac", 48000, 0),
        ("mp4", "aac", 48000, 12),
        ("matroska", "flac", RATE, 12),
    ],
)
def test_the_manifest_has_the_hash_of_the_whole_recording(
    container: str, codec: str, rate: int, picture: float, tmp_path: Path
) -> None:
    sound = speech()[: 12 * RATE]
    recording = encode(container, codec, sound, rate=rate, picture=picture)
    prepared = PreparedAudio(recording, tmp_path)
    assert prepared.manifest.sha256 == hashlib.sha256(recording).hexdigest()


def test_what_follows_the_sound_is_hashed_too(tmp_path: Path) -> None:
    recording = wav(speech()[: 2 * RATE]) + b"LIST\4\0\0\0tail"
    prepared = PreparedAudio(recording, tmp_path)
    assert prepared.manifest.sha256 == hashlib.sha256(recording).hexdigest()


def test_decoding_an_mp3_reads_hardly_a_byte_twice() -> None:
    recording = encode("mp3", "libmp3lame", speech())
    alone = CountingFile(recording)
    hashed_as_well = CountingFile(recording)
    decode_all(alone)
    hashed = HashedFile(hashed_as_well)
    decode_all(hashed)
    hashed.sha256()
    assert hashed_as_well.bytes_read <= alone.bytes_read + 4096


def decode_all(file: object) -> None:
    with open_recording(file, DAY) as recording:  # type: ignore[arg-type]
        for _ in recording.samples():
            pass
