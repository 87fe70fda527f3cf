"""Where the headers of rarer formats say that their sound ends."""

import struct
from collections.abc import Callable
from typing import BinaryIO

from functions.prepare.sound_bytes import (
    AIFF_HEADER,
    MIN_LONG_PLACEHOLDER,
    SoundBytes,
)

AST_HEADER_BYTES = 64
SOX_HEADER = struct.Struct("<4xIQ")
"""Bytes of the rest of the header, and number of samples in all channels."""
SOX_SAMPLE_BYTES = 4
ADX_HEADER = struct.Struct(">2xHxBxBII")
"""Bytes of the rest of the header and of a block, number of channels, rate, number of samples."""
ADX_ENCODING = b"\x03\x12\x04"
ADX_BLOCK_SAMPLES = 32


def rare_sound_bytes(file: BinaryIO) -> SoundBytes | None:
    """Returns the bytes that the header of a rarer format declares, or None."""
    file.seek(0)
    first_bytes = file.read(8)
    if first_bytes[:2] == b"\x80\0" and first_bytes[4:7] == ADX_ENCODING:
        return read_adx(file)
    for mark, read in READERS.items():
        if first_bytes.startswith(mark):
            return read(file)
    return None


def read_mmf(file: BinaryIO) -> SoundBytes | None:
    """Returns all of a file of a mobile phone."""
    file.seek(0)
    header = file.read(AIFF_HEADER.size)
    if len(header) < AIFF_HEADER.size:
        return None
    _, length = AIFF_HEADER.unpack(header)
    return SoundBytes(0, AIFF_HEADER.size + length)


def read_ast(file: BinaryIO) -> SoundBytes | None:
    """Returns the blocks of a file of a game console."""
    file.seek(0)
    header = file.read(AIFF_HEADER.size)
    if len(header) < AIFF_HEADER.size:
        return None
    _, length = AIFF_HEADER.unpack(header)
    return SoundBytes(AST_HEADER_BYTES, AST_HEADER_BYTES + length)


def read_sox(file: BinaryIO) -> SoundBytes | None:
    """Returns the samples of SoX's own format, unless it was written to a pipe."""
    file.seek(0)
    header = file.read(SOX_HEADER.size)
    if len(header) < SOX_HEADER.size:
        return None
    header_bytes, samples = SOX_HEADER.unpack(header)
    if not samples or samples >= MIN_LONG_PLACEHOLDER:
        return None
    start = header_bytes + 4
    length = samples * SOX_SAMPLE_BYTES
    return SoundBytes(start, start + length)


def read_adx(file: BinaryIO) -> SoundBytes | None:
    """Returns the blocks of a file of a game, each of which holds 32 samples of a channel."""
    file.seek(0)
    header = file.read(ADX_HEADER.size)
    if len(header) < ADX_HEADER.size:
        return None
    header_bytes, block_bytes, channels, _, samples = ADX_HEADER.unpack(header)
    if not samples:
        return None
    start = header_bytes + 4
    blocks = -(-samples // ADX_BLOCK_SAMPLES)
    return SoundBytes(start, start + blocks * block_bytes * channels)


READERS: dict[bytes, Callable[[BinaryIO], SoundBytes | None]] = {
    b"MMMD": read_mmf,
    b"STRM": read_ast,
    b".SoX": read_sox,
}
"""By the first bytes of a file."""
