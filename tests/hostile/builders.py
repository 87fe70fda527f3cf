"""Builds and patches the parts that handmade recordings consist of."""

import struct

from tests.hostile.recordings import FORMATS, encoded_speech
from tests.hostile.structure import Block, serialize

MOV_RATE = 8000
"""Hz of the sound in handmade MP4 files, and units per second of their times."""


def patch(name: str, marker: bytes, offset: int, value: bytes) -> bytes:
    """Returns a recording with other bytes at an offset from the marker's start."""
    data = encoded_speech(name)
    start = data.index(marker) + offset
    return data[:start] + value + data[start + len(value) :]


def uint32s(*values: int) -> bytes:
    return struct.pack(f">{len(values)}I", *values)


def box(kind: bytes, *content: bytes) -> bytes:
    """Returns a box of an MP4 file."""
    data = b"".join(content)
    return struct.pack(">I", 8 + len(data)) + kind + data


def moov(length: int, *sample_tables: bytes) -> bytes:
    """Returns the index of a file with one audio track of so many samples."""
    media = box(b"mdhd", uint32s(0, 0, 0, MOV_RATE, min(length, 2**32 - 1), 0))
    handler = box(b"hdlr", uint32s(0, 0), b"soun", bytes(13))
    media_information = box(b"minf", box(b"smhd", bytes(8)), box(b"stbl", *sample_tables))
    track_header = box(b"tkhd", uint32s(7, 0, 0, 1, 0, length % 2**32), bytes(60))
    track = box(b"trak", track_header, box(b"mdia", media, handler, media_information))
    return box(b"moov", track)


def id3(kind: bytes, content: bytes) -> bytes:
    """Returns an ID3 tag with one frame."""
    length = 10 + len(content)
    size = bytes(length >> shift & 0x7F for shift in (21, 14, 7, 0))
    frame = kind + struct.pack(">IH", len(content), 0) + content
    return b"ID3\3\0\0" + size + frame


def ebml_element(identifier: str, content: bytes) -> bytes:
    size = struct.pack(">Q", 1 << 56 | len(content))
    return bytes.fromhex(identifier) + size + content


def mkv_with(element: bytes, times: int) -> bytes:
    """Returns a Matroska file with an element, repeated, in its segment."""
    structure = FORMATS["mkv"].structure
    blocks = structure.parse(encoded_speech("mkv"))
    segment = blocks[-1]
    segment.children.insert(1, Block(b"", element * times))
    return serialize(blocks, structure)
