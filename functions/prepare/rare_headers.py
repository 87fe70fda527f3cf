"""Where the headers of rarer formats say that their sound ends."""

import io
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from functions.prepare.sound_bytes import (
    MIN_LONG_PLACEHOLDER,
    MIN_PLACEHOLDER,
    SoundBytes,
)

BIG_ENDIAN = struct.Struct(">I")
LITTLE_ENDIAN = struct.Struct("<I")
MAX_HEADER = 64
"""Bytes of a file's start that are read to recognise its format."""
WESTWOOD_MARK = b"\xaf\xde\0\0"
"""The mark of the first block of sound in files of Westwood's games."""
SWF_PLACEHOLDER = 100 * 2**20
"""Bytes that ffmpeg declares of a Flash file that it writes to a pipe."""
ARGO_HEADER = struct.Struct("<12xI")
"""Start of the only chunk."""
ARGO_CHUNK = struct.Struct("<I12xI")
"""Number of blocks, and flags."""
ARGO_IS_STEREO = 2
ARGO_BLOCK_BYTES = 17
"""Of one channel."""
WTV_HEADER = bytes.fromhex("B7D800203749DA11A64E0007E95EAD8D")
WTV_ROOT = struct.Struct("<48xI4xI")
"""Bytes of the root directory, and its sector."""
WTV_SECTOR = 4096
MXF_HEADER = bytes.fromhex("060E2B34020501010D0102010102")
MXF_LENGTH_PLACE = 16
"""Where the length of the first partition's description is, in one byte or more."""
MXF_PARTITION = struct.Struct(">24xQ")
"""Start of the footer."""
VOC_HEADER = struct.Struct("<20xH")
"""Start of the first block."""
VOC_BLOCK_HEADER = 4
SOX_HEADER = struct.Struct("<4xIQ")
"""Bytes of the rest of the header, and number of samples in all channels."""
SOX_SAMPLE_BYTES = 4
ADX_HEADER = struct.Struct(">2xHxBxBII")
"""Bytes of the rest of the header and of a block, number of channels, rate, number of samples."""
ADX_ENCODING = b"\x03\x12\x04"
ADX_BLOCK_SAMPLES = 32


@dataclass(frozen=True)
class LengthField:
    """A number of bytes at a fixed place of a header."""

    mark: bytes
    place: int
    number: struct.Struct = BIG_ENDIAN
    counted_from: int = 0
    """Where the bytes begin that it counts."""
    mark_place: int = 0
    placeholder: int = 0
    """What stands there in a file that was written to a pipe, besides 0 and very large numbers."""

    def is_in(self, header: bytes) -> bool:
        return header.startswith(self.mark, self.mark_place)

    def read(self, header: bytes) -> SoundBytes | None:
        """Returns the bytes that it declares, or None if it declares none."""
        if len(header) < self.place + self.number.size:
            return None
        (length,) = self.number.unpack_from(header, self.place)
        is_placeholder = length in (0, self.placeholder)
        if is_placeholder or length >= MIN_PLACEHOLDER:
            return None
        end = self.counted_from + length
        return SoundBytes(self.counted_from, end)


LENGTH_FIELDS = (
    LengthField(b"MMMD", place=4, counted_from=8),
    LengthField(b"STRM", place=4, counted_from=64),
    LengthField(b"VAGp", place=12, counted_from=48),
    LengthField(b"KVAG", place=4, counted_from=14, number=LITTLE_ENDIAN),
    LengthField(b"vs12", mark_place=20, place=28, counted_from=80, number=LITTLE_ENDIAN),
    LengthField(WESTWOOD_MARK, mark_place=16, place=2, counted_from=12, number=LITTLE_ENDIAN),
    LengthField(b"FWS", place=4, number=LITTLE_ENDIAN, placeholder=SWF_PLACEHOLDER),
)
"""Of mobile phones (SMAF), games, and Flash."""


def rare_sound_bytes(file: BinaryIO) -> SoundBytes | None:
    """Returns the bytes that the header of a rarer format declares, or None."""
    file.seek(0)
    header = file.read(MAX_HEADER)
    if header[:2] == b"\x80\0" and header[4:7] == ADX_ENCODING:
        return read_adx(file)
    for mark, read in READERS.items():
        if header.startswith(mark):
            return read(file)
    for field in LENGTH_FIELDS:
        if field.is_in(header):
            return field.read(header)
    return None


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


def read_argo(file: BinaryIO) -> SoundBytes | None:
    """Returns the blocks of another game's file, each of which holds 32 samples of a channel."""
    file.seek(0)
    header = file.read(ARGO_HEADER.size)
    if len(header) < ARGO_HEADER.size:
        return None
    (chunk_start,) = ARGO_HEADER.unpack(header)
    file.seek(chunk_start)
    chunk = file.read(ARGO_CHUNK.size)
    if len(chunk) < ARGO_CHUNK.size:
        return SoundBytes(0, chunk_start + ARGO_CHUNK.size)
    blocks, flags = ARGO_CHUNK.unpack(chunk)
    channels = 2 if flags & ARGO_IS_STEREO else 1
    start = chunk_start + ARGO_CHUNK.size
    length = blocks * channels * ARGO_BLOCK_BYTES
    return SoundBytes(start, start + length)


def read_wtv(file: BinaryIO) -> SoundBytes | None:
    """Returns a recording of Windows' television up to its root directory, without which nothing
    of it can be read."""
    file.seek(0)
    header = file.read(WTV_ROOT.size)
    if len(header) < WTV_ROOT.size:
        return None
    root_bytes, root_sector = WTV_ROOT.unpack(header)
    root_start = root_sector * WTV_SECTOR
    return SoundBytes(0, root_start + root_bytes)


def read_mxf(file: BinaryIO) -> SoundBytes | None:
    """Returns a broadcaster's file up to its footer, unless it was not closed."""
    file.seek(MXF_LENGTH_PLACE)
    length_byte = file.read(1)
    if not length_byte:
        return None
    (length,) = length_byte
    more_bytes = max(0, length - 0x80)
    file.seek(MXF_LENGTH_PLACE + 1 + more_bytes)
    partition = file.read(MXF_PARTITION.size)
    if len(partition) < MXF_PARTITION.size:
        return None
    (footer_start,) = MXF_PARTITION.unpack(partition)
    if not footer_start:
        return None
    return SoundBytes(0, footer_start)


def read_voc(file: BinaryIO) -> SoundBytes | None:
    """Returns the first block of a Creative Voice file, unless it was written to a pipe.

    Others follow it in some files. Where a file ends inside one of those, libav says so.
    """
    file.seek(0)
    header = file.read(VOC_HEADER.size)
    if len(header) < VOC_HEADER.size:
        return None
    (start,) = VOC_HEADER.unpack(header)
    file.seek(start)
    block = file.read(VOC_BLOCK_HEADER)
    length = int.from_bytes(block[1:], "little")
    if not length:
        return None
    end = start + VOC_BLOCK_HEADER + length
    size = file.seek(0, io.SEEK_END)
    return SoundBytes(start, end) if end > size else None


READERS: dict[bytes, Callable[[BinaryIO], SoundBytes | None]] = {
    b".SoX": read_sox,
    b"ASF\0": read_argo,
    b"Creative Voice File\x1a": read_voc,
    WTV_HEADER: read_wtv,
    MXF_HEADER: read_mxf,
}
"""By the first bytes of a file."""
