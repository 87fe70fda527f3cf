"""What the first frame of an MP3 file declares of the others: a Xing, Info or VBRI header."""

import struct
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

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
ID3_HEADER = 10
"""Bytes of an ID3v2 tag's header, and of its footer."""
MAX_TAGS = 100
RATES = (44_100, 48_000, 32_000)
"""Hz in MPEG 1, by the header's index; half of it in MPEG 2, a quarter in MPEG 2.5."""
RATE_DIVISORS = {0: 4, 2: 2, 3: 1}
"""By the two bits of the version."""
MPEG_1 = 3
SAMPLES_IN_MPEG_1 = 1152
"""Of a frame."""
SAMPLES_IN_MPEG_2 = 576


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
        first = max(start, self.start)
        last = min(end, self.end)
        counted = last - first
        if counted <= 0:
            return 0.0
        return counted * self.seconds / self.bytes


class FrameHeader(NamedTuple):
    """Numbers in the first four bytes of a frame."""

    sync: int
    version: int
    layer: int
    rate: int
    """Index of the sample rate."""


def read_mp3_header(file: BinaryIO) -> Mp3Header | None:
    """Returns what the first frame declares, or None if it is an ordinary frame."""
    offset = end_of_tags(file)
    file.seek(offset)
    data = file.read(SEARCHED)
    return find_header(data, offset)


def find_header(data: bytes, offset: int) -> Mp3Header | None:
    """Returns the header in these bytes, the first of which is at `offset` of the file."""
    for marker, marker_offsets in MARKER_OFFSETS:
        position = data.find(marker)
        for marker_offset in marker_offsets:
            start = position - marker_offset
            frame = data[max(0, start) :]
            if start >= 0 and is_layer_3_frame(frame):
                return parse_header(frame, marker_offset, offset + start)
    return None


def end_of_tags(file: BinaryIO, start: int = 0) -> int:
    """Returns the offset behind the ID3v2 tags at `start`, by default at the file's start."""
    end = start
    for _ in range(MAX_TAGS):
        file.seek(end)
        header = file.read(ID3_HEADER)
        if not header.startswith(b"ID3") or len(header) < ID3_HEADER:
            break
        end += id3_length(header)
    return end


def id3_length(header: bytes) -> int:
    """Returns the bytes of an ID3v2 tag, with its header and footer, by its header."""
    length = ID3_HEADER
    content_length = 0
    for byte in header[6:ID3_HEADER]:
        seven_bits = byte & 0x7F
        content_length = content_length << 7 | seven_bits
    length += content_length
    has_footer = header[5] & 0x10
    if has_footer:
        length += ID3_HEADER
    return length


def is_layer_3_frame(data: bytes) -> bool:
    """Returns whether these bytes, at least four, begin a frame of MPEG audio, layer III."""
    header = parse_frame_header(data)
    is_in_sync = header.sync == 0x7FF
    is_layer_3 = header.layer == 1
    has_version = header.version in RATE_DIVISORS
    has_rate = header.rate < len(RATES)
    return is_in_sync and is_layer_3 and has_version and has_rate


def parse_frame_header(data: bytes) -> FrameHeader:
    (bits,) = struct.unpack_from(">I", data)
    return FrameHeader(
        sync=bits >> 21,
        version=bits >> 19 & 3,
        layer=bits >> 17 & 3,
        rate=bits >> 10 & 3,
    )


def parse_header(frame: bytes, marker_offset: int, start: int) -> Mp3Header:
    fields = frame[marker_offset:]
    if fields[:4] == b"VBRI":
        length, frames = parse_vbri(fields)
    else:
        length, frames = parse_xing(fields)
    seconds = frames * frame_seconds(frame)
    return Mp3Header(start, length, seconds)


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
    length = read_uint32(fields, 10)
    frames = read_uint32(fields, 14)
    return length, frames


def read_uint32(data: bytes, offset: int) -> int:
    """Returns the number there; 0 behind the end of the data."""
    field = data[offset : offset + 4]
    if len(field) < 4:
        return 0
    return int.from_bytes(field, "big")


def frame_seconds(frame: bytes) -> float:
    """Returns how long a frame with this header lasts."""
    header = parse_frame_header(frame)
    divisor = RATE_DIVISORS[header.version]
    rate = RATES[header.rate] // divisor
    samples = SAMPLES_IN_MPEG_1 if header.version == MPEG_1 else SAMPLES_IN_MPEG_2
    return samples / rate
