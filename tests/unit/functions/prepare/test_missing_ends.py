"""A file of any container that lacks its last 40 % says so, unless its length cannot be known."""

import struct
from collections.abc import Callable
from functools import cache

import numpy as np
import pytest

from functions.prepare.frame_lengths import LENGTHS
from shared.model.errors import TruncatedRecording
from tests.support.audio_files import encode
from tests.support.decoding import decode
from tests.support.recordings import RATE, speech

SECONDS = 4
NOISE = np.random.default_rng(1).integers(-100, 100, SECONDS * RATE)
TALK = (speech()[6 * RATE : (6 + SECONDS) * RATE] + NOISE).astype(np.int16)
KEPT = 0.6

DECLARED = {
    "adx": "adpcm_adx 16000",
    "apm": "adpcm_ima_apm 16000",
    "argo_asf": "adpcm_argo 16000",
    "ast": "pcm_s16be_planar 16000",
    "avi": "libmp3lame 22050",
    "kvag": "adpcm_ima_ssi 16000",
    "matroska": "libopus 48000",
    "mmf": "adpcm_yamaha 8000",
    "mxf_opatom": "pcm_s16le 48000",
    "smjpeg": "pcm_s16le 16000",
    "sox": "pcm_s32le 16000",
    "wsaud": "adpcm_ima_ws 16000",
    "wtv": "mp2 44100",
}
"""Codec and rate, by libav's name of a format whose header tells its length or where it ends."""
WITH_PACKETS = {
    "ac3": "ac3 48000",
    "adts": "aac 44100",
    "amr": "libopencore_amrnb 8000",
    "dvd": "ac3 48000",
    "eac3": "eac3 48000",
    "latm": "aac 44100",
    "mp2": "mp2 32000",
    "mp3": "libmp3lame 44100",
    "mpeg": "mp2 32000",
    "mpegts": "mp2 32000",
    "nut": "pcm_s16le 16000",
    "ogg": "libopus 48000",
    "swf": "libmp3lame 44100",
    "vob": "pcm_dvd 48000",
    "voc": "pcm_u8 8000",
}
"""Formats in which only packets tell how long they are. Ogg and NUT mark the end as well; a file of
another that is cut between two packets looks whole."""
UNKNOWABLE = {
    "alp": ("adpcm_ima_alp 22050", "its header says nothing of a length"),
    "ircam": ("pcm_s16le 16000", "its header says nothing of a length"),
    "roq": ("roq_dpcm 22050", "it is a row of blocks, and a block may be shorter"),
    "spdif": ("ac3 48000", "padding follows each frame, so that a cut mostly takes padding"),
}
"""Codec and rate, and why a file that lacks its end looks whole."""


@cache
def recording(container: str, codec_and_rate: str) -> bytes:
    codec, rate = codec_and_rate.split()
    options = {"write_xing": "0", "id3v2_version": "0"} if container == "mp3" else {}
    return encode(container, codec, TALK, rate=int(rate), options=options)


def without_end(data: bytes) -> bytes:
    """Returns 60 % of a file, which end inside a packet of any size that a packet may have."""
    length = int(len(data) * KEPT)
    return data[: length // 188 * 188 + 53]


@pytest.mark.parametrize("container", [*DECLARED, *WITH_PACKETS, *UNKNOWABLE])
def test_a_whole_file_lacks_nothing(container: str) -> None:
    unknowable, _ = UNKNOWABLE.get(container, ("", ""))
    codec = DECLARED.get(container) or WITH_PACKETS.get(container) or unknowable
    samples, _, warnings = decode(recording(container, codec))
    assert len(samples) / RATE == pytest.approx(SECONDS, abs=0.15)
    assert warnings == ()


@pytest.mark.parametrize("container", DECLARED)
def test_what_a_header_declares_is_missed(container: str) -> None:
    message = "reaches to byte" if container == "wtv" else r"should last (4\.[01]|3\.9) s, but"
    with pytest.raises(TruncatedRecording, match=message):
        decode(without_end(recording(container, DECLARED[container])))


@pytest.mark.parametrize("container", WITH_PACKETS)
def test_a_packet_that_is_cut_off_shows_that_the_end_is_missing(container: str) -> None:
    _, _, warnings = decode(without_end(recording(container, WITH_PACKETS[container])))
    codes = [warning.code for warning in warnings]
    assert codes[-1] == "end_unmarked"
    assert not codes[:-1] or container == "ogg"  # a page that is cut off is not read


@pytest.mark.parametrize("container", UNKNOWABLE)
def test_what_no_file_tells_is_not_made_up(container: str) -> None:
    codec, _ = UNKNOWABLE[container]
    samples, _, warnings = decode(without_end(recording(container, codec)))
    assert len(samples) / RATE == pytest.approx(SECONDS * KEPT, abs=0.2)
    assert warnings == ()


SAMPLES = len(TALK)
BYTES = ((TALK.astype(int) >> 8) + 128).astype(np.uint8).tobytes()
SIGNED = (TALK >> 8).astype(np.int8).tobytes()
DSD = bytes([0x69]) * (2_822_400 // 8 * SECONDS)


def sized(kind: bytes, content: bytes, number: str = ">I") -> bytes:
    return kind + struct.pack(number, len(content)) + content


def creative_voice() -> bytes:
    block = bytes([256 - 1_000_000 // 16_000, 0]) + BYTES
    header = b"Creative Voice File\x1a\x1a\0\x14\x01\x1f\x11"
    return header + b"\1" + len(block).to_bytes(3, "little") + block + b"\0"


def amiga() -> bytes:
    voice = struct.pack(">IIIHBBI", SAMPLES, 0, 0, RATE, 1, 0, 65_536)
    return sized(b"FORM", b"8SVX" + sized(b"VHDR", voice) + sized(b"BODY", SIGNED))


def dsdiff() -> bytes:
    rate = sized(b"FS  ", struct.pack(">I", 2_822_400), ">Q")
    channels = sized(b"CHNL", struct.pack(">H", 1) + b"C   ", ">Q")
    compression = sized(b"CMPR", b"DSD \x0enot compressed\0", ">Q")
    properties = sized(b"PROP", b"SND " + rate + channels + compression, ">Q")
    version = sized(b"FVER", struct.pack(">I", 0x01050000), ">Q")
    return sized(b"FRM8", b"DSD " + version + properties + sized(b"DSD ", DSD, ">Q"), ">Q")


def flash() -> bytes:
    data = recording("swf", WITH_PACKETS["swf"])
    return data[:4] + struct.pack("<I", len(data)) + data[8:]


def playstation() -> bytes:
    frames = (b"\x0c\0" + bytes(14)) * (SAMPLES // 28)
    header = struct.pack(">IIII", 32, 0, len(frames), RATE)
    return b"VAGp" + header + bytes(28) + frames


def pure_voice() -> bytes:
    frames = (b"\1" + bytes([32]) * 3) * (SECONDS * 50)
    codec = bytes.fromhex("416d7f5e15b1d011ba9100805fb4b97e")
    name = b"QCELP 13K".ljust(80, b"\0")
    rates = struct.pack("<HHHHHI", 13_000, 4, 160, 8000, 16, 1) + b"\3\1" + bytes(34)
    form = sized(b"fmt ", b"\1\0" + codec + b"\1\0" + name + rates, "<I")
    variable = sized(b"vrat", struct.pack("<II", 0, SECONDS * 50), "<I")
    return sized(b"RIFF", b"QLCM" + form + variable + sized(b"data", frames, "<I"), "<I")


HAND_MADE = [creative_voice, amiga, dsdiff, flash, playstation, pure_voice]


@pytest.mark.parametrize("make", HAND_MADE)
def test_a_header_written_by_hand_is_missed(make: Callable[[], bytes]) -> None:
    data = make()
    codes = {warning.code for warning in decode(data)[2]}
    assert codes <= {"too_quiet"}, "the silence of DSD is a faint noise"
    with pytest.raises(TruncatedRecording, match=r"should last [34]\.\d s, but ends after"):
        decode(data[: int(len(data) * KEPT)])


@pytest.mark.parametrize(
    ("codec", "frame", "length"),
    [
        ("aac", "fff15040 187ffc01", 195),
        ("aac", "21000340 00000000", None),
        ("aac_latm", "56e0bddd 00000000", 192),
        ("mp3", "fffb52c4 00000000", 209),
        ("mp2", "fffde4c4 00000000", 1152),
        ("mp1", "ffffe4c4 00000000", 448),
        ("ac3", "0b770000 1c400000", 1536),
        ("ac3", "0b770000 5d400000", 1672),
        ("eac3", "0b7700bf 3f800000", 384),
        ("dts", "7ffe8001 fc3c3ff0", 1024),
        ("truehd", "70c50000 00000000", 394),
        ("amr_nb", "3c000000 00000000", 32),
        ("amr_wb", "44000000 00000000", 61),
        ("amr_nb", "7c000000 00000000", None),
    ],
)
def test_a_frame_says_how_long_it_is(codec: str, frame: str, length: int | None) -> None:
    assert LENGTHS[codec](bytes.fromhex(frame)) == length
