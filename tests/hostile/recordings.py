"""Two seconds of speech in every kind of format, and the structure that each is made of."""

import io
from dataclasses import dataclass
from functools import cache
from typing import Any

import av

from tests.hostile.structure import Ebml, Flac, Format, Frames, Ogg, Sized
from tests.support.audio_files import encode_audio
from tests.support.recordings import RATE, speech

BOX_HOLDS = {
    **dict.fromkeys(
        (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"udta", b"dinf", b"moof", b"traf"),
        0,
    ),
    **dict.fromkeys((b"mvex", b"ilst"), 0),
    b"meta": 4,
    b"stsd": 8,
    b"dref": 8,
    b"mp4a": 28,
    b"alac": 28,
    b"samr": 28,
}
RIFF = Sized(
    8,
    (4, 8),
    False,
    even=2,
    holds={b"RIFF": 4, b"LIST": 4},
    tags=(b"LIST", b"INAM", b"id3 ", b"bext"),
)
AIFF = Sized(8, (4, 8), True, even=2, holds={b"FORM": 4}, tags=(b"NAME", b"ANNO", b"ID3 "))
W64 = Sized(24, (16, 24), False, counted=24, even=8, holds={b"riff": 16})
CAF = Sized(12, (4, 12), True, prefix=8, tags=(b"info" + bytes(8), b"free" + bytes(8)))
BOXES = Sized(
    8,
    (0, 4),
    True,
    counted=8,
    holds=BOX_HOLDS,
    tags=(bytes(4) + b"udta", bytes(4) + b"meta", bytes(4) + b"free"),
)
ASF_HEADER = bytes.fromhex("3026B2758E66CF11A6D900AA0062CE6C")
ASF_CONTENT = bytes.fromhex("40A4D0D207E3D21197F000A0C95EA850")
ASF = Sized(24, (16, 24), False, counted=24, holds={ASF_HEADER: 6}, tags=(ASF_CONTENT + bytes(8),))
FLV = Sized(11, (1, 4), True, after=4, prefix=13, tags=(b"\x12" + bytes(10),))
FLAC = Flac(
    4, (1, 4), True, prefix=4, tags=(b"\x04" + bytes(3), b"\x06" + bytes(3), b"\x01" + bytes(3))
)
WAVPACK = Sized(32, (4, 8), False, counted=24)
VOC = Sized(4, (1, 4), False, prefix=26, tags=(b"\x05" + bytes(3),))
MP3 = Frames(rb"\xff[\xf2\xf3\xfa\xfb]", tags=(b"ID3\x04\0\0\0\x3f\x7f\x7f", b"TAG"))
ADTS = Frames(rb"\xff[\xf0\xf1]")
AC3 = Frames(rb"\x0b\x77")
TS = Frames(rb"\x47.{187}")
MPEG = Frames(rb"\x00\x00\x01[\xba-\xff]")
AMR = Frames(rb"\x3c.{31}")
PLAIN = Frames(rb".{256}")
"""Formats that are a header and sound, cut anywhere."""


@dataclass(frozen=True)
class Kind:
    """How another program would have saved it."""

    form: Format
    container: str
    codec: str
    rate: int = RATE
    layout: str = "mono"
    options: str = ""
    """Of the container, as `name=value name=value`."""


KINDS = {
    "wav": Kind(RIFF, "wav", "pcm_s16le", layout="stereo"),
    "wav adpcm": Kind(RIFF, "wav", "adpcm_ima_wav"),
    "wav float": Kind(RIFF, "wav", "pcm_f32le", 8000),
    "w64": Kind(W64, "w64", "pcm_s24le", 8000),
    "aiff": Kind(AIFF, "aiff", "pcm_s16be", 22050),
    "au": Kind(PLAIN, "au", "pcm_mulaw", 8000),
    "caf": Kind(CAF, "caf", "alac", 22050),
    "flac": Kind(FLAC, "flac", "flac"),
    "mp3": Kind(MP3, "mp3", "libmp3lame", 22050),
    "m4a": Kind(BOXES, "ipod", "aac", 44100),
    "m4a alac": Kind(BOXES, "ipod", "alac", 22050),
    "mp4 in fragments": Kind(
        BOXES, "mp4", "aac", 44100, options="movflags=empty_moov frag_duration=300000"
    ),
    "mov": Kind(BOXES, "mov", "pcm_s16le"),
    "3gp": Kind(BOXES, "3gp", "libopencore_amrnb", 8000),
    "amr": Kind(AMR, "amr", "libopencore_amrnb", 8000),
    "aac": Kind(ADTS, "adts", "aac", 44100),
    "latm": Kind(PLAIN, "latm", "aac", 44100),
    "ogg opus": Kind(Ogg(), "ogg", "libopus", 48000),
    "ogg vorbis": Kind(Ogg(), "ogg", "vorbis", 44100, "stereo"),
    "ogg flac": Kind(Ogg(), "ogg", "flac"),
    "webm": Kind(Ebml(), "webm", "libopus", 48000),
    "mkv": Kind(Ebml(), "matroska", "aac", 44100),
    "flv": Kind(FLV, "flv", "libmp3lame", 22050),
    "avi": Kind(RIFF, "avi", "libmp3lame", 22050),
    "wma": Kind(ASF, "asf", "wmav2", 22050),
    "mpegts": Kind(TS, "mpegts", "mp2", 32000),
    "mpeg": Kind(MPEG, "mpeg", "mp2", 32000),
    "wavpack": Kind(WAVPACK, "wv", "wavpack"),
    "tta": Kind(PLAIN, "tta", "tta"),
    "ac3": Kind(AC3, "ac3", "ac3", 32000),
    "voc": Kind(VOC, "voc", "pcm_u8"),
    "nut": Kind(PLAIN, "nut", "pcm_s16le"),
    "rm": Kind(PLAIN, "rm", "ac3", 32000),
    "mmf": Kind(AIFF, "mmf", "adpcm_yamaha", 8000),
}


@cache
def recorded(kind: str) -> bytes:
    """The same bytes each time."""
    made = KINDS[kind]
    samples = speech()[13 * RATE // 2 : 17 * RATE // 2].repeat(2 if made.layout == "stereo" else 1)
    file = io.BytesIO()
    options = {"fflags": "+bitexact", **dict(word.split("=") for word in made.options.split())}
    with av.open(file, "w", format=made.container, options=options) as container:
        sound: Any = container.add_stream(
            made.codec, rate=made.rate, options={"strict": "experimental"}
        )
        sound.layout, sound.bit_rate = made.layout, 64_000 if made.codec == "wmav2" else 0
        container.mux(encode_audio(sound, samples, made.layout, 0))
    return file.getvalue()
