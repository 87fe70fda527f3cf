"""What the first frame of an MP3 file declares of the others: a Xing, Info or VBRI header."""

import struct
from dataclasses import dataclass
from typing import BinaryIO

MARKER_OFFSETS = (
    (b"Xing", (36, 21, 13)),
    (b"Info", (36, 21, 13)),
    (b"VBRI", (36,)),
)
"""Kinds of header, and at which bytes of a frame each may begin: it depends on the channels."""
SEARCHED = 4096
"""Bytes behind the tags in which the first frame is searched, since padding may precede it."""
MAX_FRAME = 1441
"""Bytes of the longest frame of layer III."""
MAX_TAGS = 100
RATES = (44_100, 48_000, 32_000)
"""Hz in MPEG 1, by the header's index; half of it in MPEG 2, a quarter in MPEG 2.5."""
RATE_DIVISORS = {0: 4, 2: 2, 3: 1}
"""By the two bits of the version."""


@dataclass(frozen=True)
class Mp3Header:
    """The declared length of an MP3 file. Zero stands for what its header leaves out."""

    start: int
    """Offset of the frame that holds the header."""
    bytes: int
    """From `start` to the end of the last frame."""
    seconds: float

    @property
    def end(self) -> int:
        return self.start + self.bytes

    def seconds_of(self, start: int, end: int) -> float:
        """Returns how long the bytes from `start` to `end` last on average.

        Bytes that the header does not count last 0 s, since they need not be sound.
        """
        counted = min(end, self.end) - max(start, self.start)
        if counted <= 0:
            return 0.0
        return counted * self.seconds / self.bytes


def read_mp3_header(file: BinaryIO) -> Mp3Header | None:
    """Returns what the first frame declares, or None if it is an ordinary frame."""
    offset = end_of_tags(file)
    file.seek(offset)
    return find_header(file.read(SEARCHED), offset)


def find_header(data: bytes, offset: int) -> Mp3Header | None:
    """Returns the header in these bytes, the first of which is at `offset` of the file."""
    for marker, marker_offsets in MARKER_OFFSETS:
        position = data.find(marker)
        for marker_offset in marker_offsets:
            start = position - marker_offset
            if start >= 0 and is_layer_3_frame(data[start : start + 4]):
                return parse_header(data[start:], marker_offset, offset + start)
    return None


def end_of_tags(file: BinaryIO) -> int:
    """Returns the offset behind the ID3v2 tags at the file's start."""
    end = 0
    for _ in range(MAX_TAGS):
        file.seek(end)
        header = file.read(10)
        if header[:3] != b"ID3" or len(header) < 10:
            break
        end += id3_length(header)
    return end


def id3_length(header: bytes) -> int:
    """Returns the bytes of an ID3v2 tag with its header, by the first 10 of them."""
    length = 0
    for byte in header[6:10]:
        seven_bits = byte & 0x7F
        length = length << 7 | seven_bits
    has_footer = header[5] & 0x10
    footer = 10 if has_footer else 0
    return len(header) + length + footer


def is_layer_3_frame(header: bytes) -> bool:
    """Returns whether these four bytes begin a frame of MPEG audio, layer III."""
    (bits,) = struct.unpack(">I", header)
    is_in_sync = bits >> 21 == 0x7FF
    is_layer_3 = bits >> 17 & 3 == 1
    has_version = bits >> 19 & 3 in RATE_DIVISORS
    has_rate = bits >> 10 & 3 < len(RATES)
    return is_in_sync and is_layer_3 and has_version and has_rate


def parse_header(frame: bytes, marker_offset: int, start: int) -> Mp3Header:
    fields = frame[marker_offset:]
    if fields[:4] == b"VBRI":
        length, frames = parse_vbri(fields)
    else:
        length, frames = parse_xing(fields)
    return Mp3Header(start, length, frames * frame_seconds(frame))


def parse_xing(fields: bytes) -> tuple[int, int]:
    """Returns the bytes and the frames of the file; 0 for what is left out."""
    flags = read_uint32(fields, 4)
    position = 8
    frames = 0
    if flags & 1:
        frames = read_uint32(fields, position)
        position += 4
    length = 0
    if flags & 2:
        length = read_uint32(fields, position)
    return length, frames


def parse_vbri(fields: bytes) -> tuple[int, int]:
    """Returns the bytes and the frames of the file."""
    return read_uint32(fields, 10), read_uint32(fields, 14)


def read_uint32(data: bytes, offset: int) -> int:
    """Returns the number there; 0 behind the end of the data."""
    field = data[offset : offset + 4]
    if len(field) < 4:
        return 0
    return int.from_bytes(field, "big")


def frame_seconds(frame: bytes) -> float:
    """Returns how long a frame with this header lasts."""
    (bits,) = struct.unpack(">I", frame[:4])
    version = bits >> 19 & 3
    rate = RATES[bits >> 10 & 3] // RATE_DIVISORS[version]
    samples = 1152 if version == 3 else 576
    return samples / rate
