"""What a file says about its own length where libav believes the file's size instead."""

import io
import struct
from typing import BinaryIO

PLACEHOLDER = 0x7FFF0000
"""Who writes a WAV file to a pipe cannot know its length, and puts 0 there or something beyond 2
GB."""

MOST_CHUNKS = 1000
"""Looked at before the samples are looked for no more: a file of zeros is nothing but empty
chunks."""


class Promise:
    """The length a file was meant to have."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self.share = wav_share(file, size)
        self.counted = counts_frames(file)


def wav_share(file: BinaryIO, size: int) -> float:
    """Of the samples that a WAV file promises, how many are here. 1 for any other file."""
    file.seek(0)
    riff = file.read(12)
    if riff[:4] != b"RIFF" or riff[8:] != b"WAVE":
        return 1.0
    for _ in range(MOST_CHUNKS):
        if len(header := file.read(8)) < 8:
            break
        kind, length = struct.unpack("<4sI", header)
        if kind == b"data":
            here = size - file.tell()
            return here / length if here < length < PLACEHOLDER else 1.0
        file.seek(length + length % 2, io.SEEK_CUR)
    return 1.0


def counts_frames(file: BinaryIO) -> bool:
    """Whether an MP3 file begins with a frame that counts the others (Xing's, behind any ID3
    tag)."""
    file.seek(0)
    tag = file.read(10)
    length = 0
    if tag[:3] == b"ID3" and len(tag) == 10:
        for part in tag[6:]:
            length = length << 7 | part & 0x7F
        length += 10
    file.seek(length)
    frame = file.read(64)
    return b"Xing" in frame or b"Info" in frame
