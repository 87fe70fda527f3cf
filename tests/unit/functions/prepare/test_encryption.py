"""A file that needs a key says so, and an MP4 file is said to lack its index only if it does."""

from collections.abc import Callable

import pytest

from functions.prepare.sound_bytes import ASF_ENCRYPTION
from shared.model.errors import NotAudio, StageError, TruncatedRecording
from tests.hostile.builders import box, ebml_element, uint32s
from tests.hostile.recordings import FORMATS, encoded_speech
from tests.hostile.structure import Block, serialize
from tests.support.audio_files import encode, tone
from tests.support.decoding import decode
from tests.support.recordings import RATE
from tests.support.scrambled import (
    encrypted_tags,
    sample_encryption,
    scrambled_frames,
    scrambled_packets,
    scrambled_program,
)

PIFF_TRACK = bytes.fromhex("8974DBCE7BE74C5184F97148F9882554")


def with_entry(kind: bytes) -> bytes:
    """Returns an M4A file whose sound has another kind of sample entry."""
    return encoded_speech("m4a").replace(b"mp4a" + bytes(6), kind + bytes(6))


def protected_entry(marker: bytes) -> bytes:
    """Returns an M4A file of an unknown codec, with a box of protection in its index."""
    data = with_entry(b"xxxx").replace(b"esds", b"yyyy")
    index = data.index(b"moov") - 4
    length = int.from_bytes(data[index : index + 4], "big")
    inner = data[index + 8 : index + length] + marker
    return data[:index] + box(b"moov", inner) + data[index + length :]


def encrypted_mkv(track_type: bytes = b"\2") -> bytes:
    """Returns a Matroska file whose sound, or a track of another type, is encrypted."""
    encryption = ebml_element("5035", ebml_element("47E1", b"\5"))
    encodings = ebml_element("6D80", ebml_element("6240", encryption))
    structure = FORMATS["mkv"].structure
    blocks = structure.parse(encoded_speech("mkv"))
    (tracks,) = (
        block for block in blocks[-1].children if block.header.startswith(b"\x16\x54\xae\x6b")
    )
    if track_type == b"\2":
        (entry,) = (block for block in tracks.children if block.header[:1] == b"\xae")
        entry.children.append(Block(b"", encodings, size_is_true=False))
    else:
        number = ebml_element("D7", b"\5") + ebml_element("83", track_type)
        track = ebml_element("AE", number + encodings)
        tracks.children.append(Block(b"", track, size_is_true=False))
    return serialize(blocks, structure)


def encrypted_wma(marker: bytes) -> bytes:
    data = encoded_speech("wma")
    length = int.from_bytes(data[16:24], "little")
    encryption = marker + (24 + 4).to_bytes(8, "little") + bytes(4)
    new_length = (length + len(encryption)).to_bytes(8, "little")
    return data[:16] + new_length + data[24:length] + encryption + data[length:]


def broadcast() -> bytes:
    return encode("mpegts", "aac", tone(2), rate=44_100)


def flash() -> bytes:
    return encode("flv", "libmp3lame", tone(2), rate=22_050)


ENCRYPTED: dict[str, Callable[[], bytes]] = {
    "common encryption": lambda: with_entry(b"enca"),
    "fairplay": lambda: with_entry(b"drms"),
    "audible": lambda: with_entry(b"aavd"),
    "sinf": lambda: protected_entry(box(b"sinf", bytes(8))),
    "pssh": lambda: protected_entry(box(b"pssh", bytes(24))),
    "piff": lambda: protected_entry(box(b"uuid", PIFF_TRACK, bytes(24))),
    "mkv": encrypted_mkv,
    "wma": lambda: encrypted_wma(ASF_ENCRYPTION[0]),
    "wma extended": lambda: encrypted_wma(ASF_ENCRYPTION[1]),
    "wma advanced": lambda: encrypted_wma(ASF_ENCRYPTION[2]),
    "transport packets": lambda: scrambled_packets(broadcast()),
    "transport frames": lambda: scrambled_frames(broadcast()),
    "sample-aes": lambda: sample_encryption(broadcast()),
    "dvd": lambda: scrambled_program(encode("vob", "mp2", tone(2), rate=48_000)),
    "flash": lambda: encrypted_tags(flash()),
    "age": lambda: b"age-encryption.org/v1\n" + bytes(1000),
    "openssl": lambda: b"Salted__" + bytes(1000),
}


@pytest.mark.parametrize("name", ENCRYPTED)
def test_an_encrypted_file_says_so(name: str) -> None:
    with pytest.raises(NotAudio, match="it is encrypted"):
        decode(ENCRYPTED[name]())


def test_sound_that_is_not_encrypted_is_decoded_beside_what_is() -> None:
    for data in (encrypted_mkv(track_type=b"\1"), encoded_speech("mkv"), encoded_speech("wma")):
        assert len(decode(data)[0]) / RATE == pytest.approx(2, abs=0.15)


def test_sound_that_is_only_marked_as_encrypted_is_decoded() -> None:
    """Programs that decrypt a broadcast may leave the marks."""
    marked = scrambled_packets(broadcast(), is_noise=False)
    samples, _, warnings = decode(marked)
    assert len(samples) / RATE == pytest.approx(2, abs=0.1)
    assert warnings == ()


@pytest.mark.parametrize("data", [bytes(100_000), b"\x47" * 100_000, b"FLV\1" + bytes(9_000)])
def test_what_is_no_recording_is_not_said_to_be_encrypted(data: bytes) -> None:
    with pytest.raises(StageError) as raised:
        decode(data)
    assert "encrypted" not in str(raised.value)


def test_an_mp4_whose_index_cannot_be_read_is_not_said_to_lack_it() -> None:
    data = encoded_speech("m4a")
    unreadable = data.replace(b"trak", b"xxxx")
    with pytest.raises(NotAudio) as raised:
        decode(unreadable)
    assert "moov" not in str(raised.value)


def test_an_mp4_with_a_malformed_box_says_so() -> None:
    file_type = box(b"ftyp", b"isom", uint32s(0))
    malformed = uint32s(4) + b"free" + bytes(100)
    with pytest.raises(NotAudio, match="malformed box"):
        decode(file_type + malformed)


@pytest.mark.parametrize(
    "kept", [lambda moov: moov - 4, lambda moov: moov, lambda moov: moov + 2, lambda moov: moov + 9]
)
def test_an_mp4_that_ends_before_its_index_lacks_it(kept: Callable[[int], int]) -> None:
    data = encoded_speech("m4a")
    with pytest.raises(TruncatedRecording, match="index"):
        decode(data[: kept(data.index(b"moov"))])
