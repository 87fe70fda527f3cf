"""Two seconds of speech in every kind of format, and the structure of each format."""

import io
from dataclasses import dataclass
from functools import cache
from typing import Any

import av

from tests.hostile.structure import (
    EbmlFormat,
    FlacFormat,
    Format,
    OggFormat,
    PatternFormat,
    SizedFormat,
)
from tests.support.audio_files import encode_audio
from tests.support.recordings import RATE, speech

BOX_PARENTS = {
    b"moov": 0,
    b"trak": 0,
    b"mdia": 0,
    b"minf": 0,
    b"stbl": 0,
    b"edts": 0,
    b"udta": 0,
    b"dinf": 0,
    b"moof": 0,
    b"traf": 0,
    b"mvex": 0,
    b"ilst": 0,
    b"meta": 4,
    b"stsd": 8,
    b"dref": 8,
    b"mp4a": 28,
    b"alac": 28,
    b"samr": 28,
}
RIFF = SizedFormat(
    header_length=8,
    size=(4, 8),
    big_endian=False,
    alignment=2,
    parents={b"RIFF": 4, b"LIST": 4},
    metadata_headers=(b"LIST", b"INAM", b"id3 ", b"bext"),
)
AIFF = SizedFormat(
    header_length=8,
    size=(4, 8),
    big_endian=True,
    alignment=2,
    parents={b"FORM": 4},
    metadata_headers=(b"NAME", b"ANNO", b"ID3 "),
)
W64 = SizedFormat(
    header_length=24,
    size=(16, 24),
    big_endian=False,
    counted=24,
    alignment=8,
    parents={b"riff": 16},
)
CAF = SizedFormat(
    header_length=12,
    size=(4, 12),
    big_endian=True,
    prefix_length=8,
    metadata_headers=(b"info" + bytes(8), b"free" + bytes(8)),
)
BOXES = SizedFormat(
    header_length=8,
    size=(0, 4),
    big_endian=True,
    counted=8,
    parents=BOX_PARENTS,
    metadata_headers=(bytes(4) + b"udta", bytes(4) + b"meta", bytes(4) + b"free"),
)
ASF_HEADER = bytes.fromhex("3026B2758E66CF11A6D900AA0062CE6C")
ASF_CONTENT = bytes.fromhex("40A4D0D207E3D21197F000A0C95EA850")
ASF = SizedFormat(
    header_length=24,
    size=(16, 24),
    big_endian=False,
    counted=24,
    parents={ASF_HEADER: 6},
    metadata_headers=(ASF_CONTENT + bytes(8),),
)
FLV = SizedFormat(
    header_length=11,
    size=(1, 4),
    big_endian=True,
    trailer_length=4,
    prefix_length=13,
    metadata_headers=(b"\x12" + bytes(10),),
)
FLAC = FlacFormat(
    header_length=4,
    size=(1, 4),
    big_endian=True,
    prefix_length=4,
    metadata_headers=(b"\x04" + bytes(3), b"\x06" + bytes(3), b"\x01" + bytes(3)),
)
WAVPACK = SizedFormat(header_length=32, size=(4, 8), big_endian=False, counted=24)
VOC = SizedFormat(
    header_length=4,
    size=(1, 4),
    big_endian=False,
    prefix_length=26,
    metadata_headers=(b"\x05" + bytes(3),),
)
ID3_HEADER = b"ID3\x04\0\0\0\x3f\x7f\x7f"
MP3 = PatternFormat(rb"\xff[\xf2\xf3\xfa\xfb]", metadata_headers=(ID3_HEADER, b"TAG"))
ADTS = PatternFormat(rb"\xff[\xf0\xf1]")
AC3 = PatternFormat(rb"\x0b\x77")
TS = PatternFormat(rb"\x47.{187}")
MPEG = PatternFormat(rb"\x00\x00\x01[\xba-\xff]")
AMR = PatternFormat(rb"\x3c.{31}")
PLAIN = PatternFormat(rb".{256}")
"""Formats that are a header and sound, divided anywhere."""


@dataclass(frozen=True)
class RecordingFormat:
    """A format's structure, and how libav encodes it."""

    structure: Format
    container: str
    codec: str
    rate: int = RATE
    layout: str = "mono"
    options: str = ""
    """Of the container, as `name=value name=value`."""


FORMATS = {
    "wav": RecordingFormat(RIFF, "wav", "pcm_s16le", layout="stereo"),
    "wav adpcm": RecordingFormat(RIFF, "wav", "adpcm_ima_wav"),
    "wav float": RecordingFormat(RIFF, "wav", "pcm_f32le", 8000),
    "w64": RecordingFormat(W64, "w64", "pcm_s24le", 8000),
    "aiff": RecordingFormat(AIFF, "aiff", "pcm_s16be", 22050),
    "au": RecordingFormat(PLAIN, "au", "pcm_mulaw", 8000),
    "caf": RecordingFormat(CAF, "caf", "alac", 22050),
    "flac": RecordingFormat(FLAC, "flac", "flac"),
    "mp3": RecordingFormat(MP3, "mp3", "libmp3lame", 22050),
    "m4a": RecordingFormat(BOXES, "ipod", "aac", 44100),
    "m4a alac": RecordingFormat(BOXES, "ipod", "alac", 22050),
    "mp4 in fragments": RecordingFormat(
        BOXES, "mp4", "aac", 44100, options="movflags=empty_moov frag_duration=300000"
    ),
    "mov": RecordingFormat(BOXES, "mov", "pcm_s16le"),
    "3gp": RecordingFormat(BOXES, "3gp", "libopencore_amrnb", 8000),
    "amr": RecordingFormat(AMR, "amr", "libopencore_amrnb", 8000),
    "aac": RecordingFormat(ADTS, "adts", "aac", 44100),
    "latm": RecordingFormat(PLAIN, "latm", "aac", 44100),
    "ogg opus": RecordingFormat(OggFormat(), "ogg", "libopus", 48000),
    "ogg vorbis": RecordingFormat(OggFormat(), "ogg", "vorbis", 44100, "stereo"),
    "ogg flac": RecordingFormat(OggFormat(), "ogg", "flac"),
    "webm": RecordingFormat(EbmlFormat(), "webm", "libopus", 48000),
    "mkv": RecordingFormat(EbmlFormat(), "matroska", "aac", 44100),
    "flv": RecordingFormat(FLV, "flv", "libmp3lame", 22050),
    "avi": RecordingFormat(RIFF, "avi", "libmp3lame", 22050),
    "wma": RecordingFormat(ASF, "asf", "wmav2", 22050),
    "mpegts": RecordingFormat(TS, "mpegts", "mp2", 32000),
    "mpeg": RecordingFormat(MPEG, "mpeg", "mp2", 32000),
    "wavpack": RecordingFormat(WAVPACK, "wv", "wavpack"),
    "tta": RecordingFormat(PLAIN, "tta", "tta"),
    "ac3": RecordingFormat(AC3, "ac3", "ac3", 32000),
    "voc": RecordingFormat(VOC, "voc", "pcm_u8"),
    "nut": RecordingFormat(PLAIN, "nut", "pcm_s16le"),
    "rm": RecordingFormat(PLAIN, "rm", "ac3", 32000),
    "mmf": RecordingFormat(AIFF, "mmf", "adpcm_yamaha", 8000),
}


@cache
def encoded_speech(format_name: str) -> bytes:
    """Returns two seconds of speech in one of FORMATS, the same bytes each time."""
    form = FORMATS[format_name]
    samples = speech()[13 * RATE // 2 : 17 * RATE // 2]
    if form.layout == "stereo":
        samples = samples.repeat(2)
    options = {"fflags": "+bitexact"}
    for option in form.options.split():
        name, _, value = option.partition("=")
        options[name] = value
    file = io.BytesIO()
    with av.open(file, "w", format=form.container, options=options) as container:
        stream: Any = container.add_stream(
            form.codec, rate=form.rate, options={"strict": "experimental"}
        )
        stream.layout = form.layout
        stream.bit_rate = 64_000 if form.codec == "wmav2" else 0
        container.mux(encode_audio(stream, samples, form.layout, later=0))
    return file.getvalue()
