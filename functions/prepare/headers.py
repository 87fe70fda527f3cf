"""What WAV and MP3 headers declare of a file's length, where libav relies on the file's size."""

import io
import struct
from typing import BinaryIO

MIN_PLACEHOLDER = 0x7FFF0000
"""Bytes. A program that writes a WAV file to a pipe cannot know its length, and declares 0 or
something above this (2 GB)."""

MAX_RIFF_CHUNKS = 1000
"""Chunks that are read to find the samples: a file of zeros is nothing but empty chunks."""


class DeclaredLength:
    """What the file's own headers say of its length."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self.fraction_present = wav_fraction_present(file, size)
        self.has_frame_count = mp3_has_frame_count(file)


def wav_fraction_present(file: BinaryIO, size: int) -> float:
    """Returns the fraction of a WAV file's declared samples that it holds; 1 for other files."""
    file.seek(0)
    riff = file.read(12)
    if riff[:4] != b"RIFF" or riff[8:] != b"WAVE":
        return 1.0
    for _ in range(MAX_RIFF_CHUNKS):
        header = file.read(8)
        if len(header) < 8:
            break
        kind, declared = struct.unpack("<4sI", header)
        if kind != b"data":
            padding = declared % 2
            file.seek(declared + padding, io.SEEK_CUR)
            continue

        present = size - file.tell()
        is_truncated = present < declared < MIN_PLACEHOLDER
        return present / declared if is_truncated else 1.0
    return 1.0


def mp3_has_frame_count(file: BinaryIO) -> bool:
    """Returns whether the first frame of an MP3 file counts the others (a Xing or Info header)."""
    tag_length = id3_length(file)
    file.seek(tag_length)
    frame = file.read(64)
    return b"Xing" in frame or b"Info" in frame


def id3_length(file: BinaryIO) -> int:
    """Returns the bytes of the ID3 tag at the file's start; 0 without one."""
    file.seek(0)
    header = file.read(10)
    is_tag = header[:3] == b"ID3"
    if not is_tag or len(header) < 10:
        return 0
    length = 0
    for byte in header[6:]:
        seven_bits = byte & 0x7F
        length = length << 7 | seven_bits
    return length + len(header)
