"""A recording that was compressed with gzip is read as if it were not, from any position."""

import bz2
import gzip
import io
import lzma
import random
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.prepare.compression import (
    CHECKPOINT_DISTANCE,
    PACKED_BLOCK,
    named_encoding,
    unpacked,
)
from shared.model.errors import (
    EmptyRecording,
    NotAudio,
    RecordingTooLarge,
    TruncatedRecording,
)
from tests.support.prepared_audio import PreparedAudio
from tests.support.recordings import speech, wav

MANY = 1e12
NOISE = random.Random(1).randbytes(300_000)


class CountingFile(io.BytesIO):
    """A file that counts the bytes that were read."""

    bytes_read = 0

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        self.bytes_read += len(data)
        return data


def content_of(data: bytes) -> bytes:
    return unpacked(io.BytesIO(data), MANY).read()


def zipped(data: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("call.wav", data)
    return file.getvalue()


@pytest.mark.parametrize(
    "packed",
    [
        gzip.compress(NOISE),
        gzip.compress(gzip.compress(NOISE)),
        gzip.compress(NOISE[:1000]) + gzip.compress(NOISE[1000:]),
        gzip.compress(NOISE[:1000]) + bytes(40_000) + gzip.compress(NOISE[1000:]) + bytes(512),
        gzip.compress(NOISE) + b"what a tool left behind",
        NOISE,
    ],
    ids=["gzip", "twice", "members", "padded", "trailing", "uncompressed"],
)
def test_the_content_is_what_was_compressed(packed: bytes) -> None:
    assert content_of(packed) == NOISE


@pytest.mark.parametrize(
    "content", [b"", b"R", b"\x1f\x8b", b"\x1f\x8b\x08", b"\x1f\x8b\x08\xff" * 9]
)
def test_what_only_begins_like_gzip_is_left_alone(content: bytes) -> None:
    assert content_of(content) == content


@settings(deadline=None, max_examples=20)
@given(
    positions=st.lists(st.tuples(st.integers(0, 40), st.integers(0, 3_000_000)), max_size=12),
)
def test_any_position_can_be_read_in_any_order(positions: list[tuple[int, int]]) -> None:
    reader = unpacked(io.BytesIO(LONG_PACKED), MANY)
    assert reader.seek(0, io.SEEK_END) == len(LONG)
    for mebibytes, length in positions:
        start = (mebibytes << 20) - 7
        reader.seek(max(0, start))
        expected = LONG[max(0, start) :][:length]
        assert reader.read(length) == expected


LONG = b"".join(bytes([number]) * 999_983 for number in range(33))
"""33 MB, which are unpacked from few bytes: one block of them unpacks to many blocks."""
LONG_PACKED = gzip.compress(LONG, 1)


def test_a_place_near_the_end_is_not_unpacked_from_the_start() -> None:
    content = NOISE * (4 * CHECKPOINT_DISTANCE // len(NOISE))
    file = CountingFile(gzip.compress(content, 0))
    reader = unpacked(file, MANY)
    before = file.bytes_read
    reader.seek(-10, io.SEEK_END)
    assert reader.read() == content[-10:]
    reader.seek(5)
    assert reader.read(5) == content[5:10]
    assert file.bytes_read - before < 2 * CHECKPOINT_DISTANCE + 2 * len(NOISE)


@pytest.mark.parametrize("kept", [12, 1000, PACKED_BLOCK, 299_000, -8, -1])
def test_gzip_data_without_their_end_are_a_truncated_recording(kept: int) -> None:
    packed = gzip.compress(NOISE)
    with pytest.raises(TruncatedRecording, match=r"gzip data end after \d+ unpacked bytes"):
        unpacked(io.BytesIO(packed[:kept]), MANY)


@pytest.mark.parametrize("place", [-6, 200_000])
def test_damaged_gzip_data_are_refused(place: int) -> None:
    packed = bytearray(gzip.compress(b"speech " * 100_000 + NOISE))
    packed[place] ^= 0xFF
    with pytest.raises(TruncatedRecording, match=r"damaged after \d+ unpacked bytes"):
        unpacked(io.BytesIO(packed), MANY)


@pytest.mark.parametrize("layers", [1, 2])
def test_a_bomb_is_unpacked_no_further_than_the_limit(layers: int) -> None:
    bomb = gzip.compress(bytes(50_000_000))
    for _ in range(layers - 1):
        bomb = gzip.compress(bomb)
    file = CountingFile(bomb)
    with pytest.raises(RecordingTooLarge, match=r"the limit is 0\.002 GB"):
        unpacked(file, 2e6)
    assert file.bytes_read < len(bomb) or layers == 2


@pytest.mark.parametrize(
    ("packed", "name"),
    [
        (b"\x28\xb5\x2f\xfd" + NOISE, "zstd"),
        (lzma.compress(NOISE), "xz"),
        (bz2.compress(NOISE), "bzip2"),
        (zipped(NOISE), "zip"),
        (gzip.compress(bz2.compress(NOISE)), "bzip2"),
        (gzip.compress(gzip.compress(gzip.compress(NOISE))), "gzip more than 2 times"),
    ],
)
def test_other_compression_is_refused_by_its_name(packed: bytes, name: str) -> None:
    with pytest.raises(NotAudio, match=f"compressed with {name}"):
        unpacked(io.BytesIO(packed), MANY)


def test_a_compressed_recording_has_the_same_chunks(tmp_path: Path) -> None:
    recording = wav(speech())
    expected = PreparedAudio(recording, tmp_path).samples["chunks"]
    for packed in (gzip.compress(recording), gzip.compress(gzip.compress(recording))):
        found = PreparedAudio(packed, tmp_path).samples["chunks"]
        assert len(found) == len(expected)
        for chunk, expected_chunk in zip(found, expected, strict=True):
            np.testing.assert_array_equal(chunk, expected_chunk)


def test_a_recording_is_refused_if_it_is_too_large_unpacked(tmp_path: Path) -> None:
    packed = gzip.compress(wav(speech()))
    with pytest.raises(RecordingTooLarge):
        PreparedAudio(packed, tmp_path, max_bytes=100_000)


def test_nothing_that_is_compressed_is_an_empty_recording(tmp_path: Path) -> None:
    with pytest.raises(EmptyRecording):
        PreparedAudio(gzip.compress(b""), tmp_path)


@pytest.mark.parametrize("encoding", ["br", "deflate", "zstd", "aws-chunked"])
def test_a_claimed_encoding_explains_why_nothing_was_decoded(encoding: str) -> None:
    error = named_encoding(NotAudio("the content is in no known format"), encoding)
    assert str(error).startswith("the content is in no known format; ")
    assert f"Content-Encoding {encoding}," in str(error)


@pytest.mark.parametrize("encoding", [None, "", "identity", "gzip"])
def test_an_encoding_that_is_read_explains_nothing(encoding: str | None) -> None:
    error = NotAudio("the content is in no known format")
    assert named_encoding(error, encoding) is error


def test_deflate_is_not_mistaken_for_gzip() -> None:
    packed = zlib.compress(NOISE)
    assert content_of(packed) == packed
