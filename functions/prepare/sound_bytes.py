"""Where a file's header says that the bytes of its sound are, and whether they are all there."""

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import BinaryIO

from functions.prepare.ogg_pages import MAX_PAGE_HEADER, PAGE_HEADER, PAGE_MARK, parse_page

MIN_PLACEHOLDER = 0x7FFF0000
"""Bytes. A program that writes a file to a pipe cannot know its length, and declares 0 or something
above this (2 GB), the largest number of 32 bits."""
MIN_LONG_PLACEHOLDER = 2**62
"""The same of numbers of 64 bits."""
MAX_CHUNKS = 1000
"""Chunks that are read to find the samples: a file of zeros is nothing but empty chunks."""
MAX_ASF_HEADER = 2**20
"""Bytes that are read of an ASF file's header."""

ASF_TICKS = 10_000_000
"""Units of an ASF file's times in a second."""
MAX_AVI_HEADER = 2**16
"""Bytes in which an AVI file's stream of sound is searched."""
AVI_SOUND_HEADER = re.compile(rb"strh.{4}auds.{16}(.{16})", re.DOTALL)
"""With the scale, rate, start and length of a stream of sound."""

RIFF_HEADER = struct.Struct("<4sI")
AVI_HEADER = struct.Struct("<4sI4s")
AIFF_HEADER = struct.Struct(">4sI")
RF64_LENGTHS = struct.Struct("<4s4x8xQ")
"""Kind of the chunk with the lengths of an RF64 file, and the length of its samples."""
RF64_PLACEHOLDERS = (0, 2**64 - 1)
AU_HEADER = struct.Struct(">4xII")
"""Start and length of the samples."""
W64_CHUNK = struct.Struct("<4s12xQ")
DSD_HEADER = struct.Struct(">4sQ")
CAF_HEADER = struct.Struct(">4sq")
HEADERS_OF_32_BITS = (RIFF_HEADER, AVI_HEADER, AIFF_HEADER)
MAX_OGG_TAIL = 2**17
"""Bytes at a file's end in which its last page is searched: a page has at most half of them."""
W64_HEADER = bytes.fromhex("726966662E91CF11A5D628DB04C10000")
ASF_HEADER = bytes.fromhex("3026B2758E66CF11A6D900AA0062CE6C")
ASF_FILE_PROPERTIES = bytes.fromhex("A1DCAB8C47A9CF118EE400C00C205365")
ASF_LENGTH = struct.Struct("<16xQ")
"""Bytes of the header, at its start."""
ASF_PROPERTIES = struct.Struct("<40xQ16xQ8xQI12x")
"""The file's length, its ticks, the milliseconds of preroll in them, and flags."""
ASF_ENCRYPTION = (
    bytes.fromhex("FBB3112223BDD211B4B700A0C955FC6E"),
    bytes.fromhex("14E68A292226174CB935DAE07EE9289C"),
    bytes.fromhex("338505438169E6499B74AD12CB86D58C"),
)
"""The objects of the header with what is needed for a licence."""


@dataclass(frozen=True)
class SoundBytes:
    """The half-open range of bytes that a header declares."""

    start: int
    end: int
    seconds: float | None = None
    """How long they last, where libav does not read it or guesses otherwise."""

    def fraction_present(self, size: int) -> float:
        """Returns the fraction of the range that a file of this size holds."""
        declared = self.end - self.start
        present = size - self.start
        if present >= declared:
            return 1.0
        return max(0, present) / declared


@dataclass(frozen=True)
class ChunkFormat:
    """A format that is a row of chunks, each with a kind and a length."""

    first_chunk: int
    """Its offset."""
    header: struct.Struct
    """Unpacks a kind, a length, and perhaps the kind of what is inside."""
    sound: tuple[bytes, ...]
    """Kinds of the chunk that holds the sound."""
    alignment: int = 1
    counts_header: bool = False
    """A chunk's length includes its header."""


WAV = ChunkFormat(12, RIFF_HEADER, (b"data",), alignment=2)
AVI = ChunkFormat(12, AVI_HEADER, (b"LIST", b"movi"), alignment=2)
AIFF = ChunkFormat(12, AIFF_HEADER, (b"SSND",), alignment=2)
W64 = ChunkFormat(40, W64_CHUNK, (b"data",), alignment=8, counts_header=True)
CAF = ChunkFormat(8, CAF_HEADER, (b"data",))
IFF = ChunkFormat(12, AIFF_HEADER, (b"BODY",), alignment=2)
DSD = ChunkFormat(16, DSD_HEADER, (b"DSD ",), alignment=2)
REAL = ChunkFormat(0, AIFF_HEADER, (b"DATA",), counts_header=True)


def declared_sound_bytes(file: BinaryIO, size: int) -> SoundBytes | None:
    """Returns the bytes that the header declares, or None if it declares none."""
    file.seek(0)
    first_bytes = file.read(40)
    read = reader_for(first_bytes)
    if read is None:
        return None
    return read(file, size)


Reader = Callable[[BinaryIO, int], SoundBytes | None]


def reader_for(first_bytes: bytes) -> Reader | None:
    """Returns what reads the header of a file that begins with these bytes."""
    riff_kind = first_bytes[8:12]
    if first_bytes[:4] in (b"RF64", b"BW64"):
        return read_rf64
    if first_bytes[:4] == b"RIFF" and riff_kind in (b"WAVE", b"XWMA", b"QLCM"):
        return chunk_reader(WAV)
    if first_bytes[:4] == b"RIFF" and riff_kind == b"AVI ":
        return read_avi
    if first_bytes[:4] == b"FORM" and riff_kind in (b"AIFF", b"AIFC"):
        return chunk_reader(AIFF)
    if first_bytes[:4] == b"FORM" and riff_kind in (b"8SVX", b"16SV"):
        return chunk_reader(IFF)
    if first_bytes[:4] == b"FRM8" and first_bytes[12:16] == b"DSD ":
        return chunk_reader(DSD)
    if first_bytes[:16] == W64_HEADER:
        return chunk_reader(W64)
    if first_bytes[:4] == b"caff":
        return chunk_reader(CAF)
    if first_bytes[:4] == b".RMF":
        return chunk_reader(REAL)
    if first_bytes[:4] == b".snd":
        return read_au
    if first_bytes[:16] == ASF_HEADER:
        return read_asf
    if first_bytes[:4] == b"fLaC":
        return read_flac
    if first_bytes[:4] == b"OggS":
        return read_ogg
    return None


def chunk_reader(form: ChunkFormat) -> Reader:
    def read(file: BinaryIO, size: int) -> SoundBytes | None:
        return read_chunks(file, size, form)

    return read


def read_chunks(file: BinaryIO, size: int, form: ChunkFormat) -> SoundBytes | None:
    """Returns the chunk of the sound, or what is cut off before it.

    None if its length is a placeholder, or there is none of both.
    """
    header_length = form.header.size
    start = form.first_chunk
    for _ in range(MAX_CHUNKS):
        file.seek(start)
        header = file.read(header_length)
        if len(header) < header_length:
            return SoundBytes(start, start + header_length)
        kind, length, *inner_kind = form.header.unpack(header)
        inner_length = sum(map(len, inner_kind))
        body = start + header_length - inner_length
        counted_from = start if form.counts_header else body
        end = counted_from + length
        kinds = (kind, *inner_kind)
        is_sound = kinds == form.sound
        if is_sound and is_placeholder(length, form):
            return None
        if is_sound:
            return SoundBytes(body, end)
        if end > size:
            return SoundBytes(start, end)
        if end <= start:
            return None
        start = aligned(end, form.alignment)
    return None


def read_avi(file: BinaryIO, size: int) -> SoundBytes | None:
    """Returns the list of all packets, with the length of the first stream of sound."""
    packets = read_chunks(file, size, AVI)
    if packets is None:
        return None
    file.seek(0)
    header = file.read(MAX_AVI_HEADER)
    match = AVI_SOUND_HEADER.search(header)
    if match is None:
        return packets
    scale, rate, _, length = struct.unpack("<4I", match[1])
    if not rate:
        return packets
    seconds = length * scale / rate
    return SoundBytes(packets.start, packets.end, seconds)


def aligned(offset: int, alignment: int) -> int:
    missing = -offset % alignment
    return offset + missing


def is_placeholder(length: int, form: ChunkFormat) -> bool:
    """Returns whether a chunk's length is one that a program writes before it knows it."""
    if length <= 0:
        return True
    if form.header in HEADERS_OF_32_BITS:
        return length >= MIN_PLACEHOLDER
    return length >= MIN_LONG_PLACEHOLDER


def read_rf64(file: BinaryIO, size: int) -> SoundBytes | None:
    """Returns the samples of a WAV file above 4 GB, whose length is in its first chunk."""
    by_chunks = read_chunks(file, size, WAV)
    if by_chunks is not None:
        return by_chunks
    file.seek(WAV.first_chunk)
    first_chunk = file.read(RF64_LENGTHS.size)
    if len(first_chunk) < RF64_LENGTHS.size:
        return None
    kind, length = RF64_LENGTHS.unpack(first_chunk)
    if kind != b"ds64" or length in RF64_PLACEHOLDERS:
        return None
    data = find_chunk(file, b"data")
    if data is None:
        return None
    return SoundBytes(data, data + length)


def find_chunk(file: BinaryIO, wanted: bytes) -> int | None:
    """Returns where the content of a WAV file's chunk begins."""
    start = WAV.first_chunk
    for _ in range(MAX_CHUNKS):
        file.seek(start)
        header = file.read(RIFF_HEADER.size)
        if len(header) < RIFF_HEADER.size:
            break
        kind, length = RIFF_HEADER.unpack(header)
        body = start + RIFF_HEADER.size
        if kind == wanted:
            return body
        start = aligned(body + length, WAV.alignment)
    return None


def read_au(file: BinaryIO, size: int) -> SoundBytes | None:
    file.seek(0)
    header = file.read(AU_HEADER.size)
    if len(header) < AU_HEADER.size:
        return None
    start, length = AU_HEADER.unpack(header)
    if length == 0 or length >= MIN_PLACEHOLDER:
        return None
    return SoundBytes(start, start + length)


def read_asf(file: BinaryIO, size: int) -> SoundBytes | None:
    """Returns all of a Windows Media file, unless it was broadcast while it was written."""
    header = asf_header(file)
    if len(header) < ASF_LENGTH.size:
        return None
    (header_length,) = ASF_LENGTH.unpack_from(header)
    if header_length > size:
        return SoundBytes(0, header_length)
    start = header.find(ASF_FILE_PROPERTIES)
    properties = header[start:]
    if start < 0 or len(properties) < ASF_PROPERTIES.size:
        return None
    length, ticks, preroll, flags = ASF_PROPERTIES.unpack_from(properties)
    is_broadcast = flags & 1
    if is_broadcast or length == 0:
        return None
    seconds_with_preroll = ticks / ASF_TICKS
    preroll_seconds = preroll / 1000
    seconds = seconds_with_preroll - preroll_seconds
    return SoundBytes(0, length, seconds)


def read_flac(file: BinaryIO, size: int) -> SoundBytes | None:
    """Returns the blocks before the sound if they are cut off; else how long it is is not known."""
    start = 4
    for _ in range(MAX_CHUNKS):
        file.seek(start)
        header = file.read(4)
        length = int.from_bytes(header[1:], "big")
        end = start + 4 + length
        if end > size:
            return SoundBytes(0, end)
        is_last = header[0] & 0x80
        if is_last:
            break
        start = end
    return None


def read_ogg(file: BinaryIO, size: int) -> SoundBytes | None:
    """Returns the pages before the sound if they are cut off; else how long it is is not known."""
    start = 0
    for _ in range(MAX_CHUNKS):
        file.seek(start)
        header = file.read(MAX_PAGE_HEADER)
        if len(header) < PAGE_HEADER.size:
            return SoundBytes(0, start + PAGE_HEADER.size)
        page = parse_page(header)
        if page is None:
            return None
        end = start + page.length
        if end > size:
            return SoundBytes(0, end)
        if page.is_last or page.position > 0:
            return None
        start = end
    return None


def lacks_end_mark(file: BinaryIO, start: int, end: int) -> bool:
    """Returns whether the last page of Ogg before `end` is cut off, or not marked as the last."""
    tail_start = max(start, end - MAX_OGG_TAIL)
    file.seek(tail_start)
    tail = file.read(end - tail_start)
    page_start = tail.rfind(PAGE_MARK)
    last_page = tail[page_start:]
    page = parse_page(last_page)
    if page is None:
        return True
    is_cut_off = page.length > len(last_page)
    return is_cut_off or not page.is_last


def asf_header(file: BinaryIO) -> bytes:
    """Returns the header of a Windows Media file; empty for another file."""
    file.seek(0)
    start = file.read(ASF_LENGTH.size)
    if len(start) < ASF_LENGTH.size or not start.startswith(ASF_HEADER):
        return b""
    (length,) = ASF_LENGTH.unpack(start)
    read_length = min(length, MAX_ASF_HEADER)
    file.seek(0)
    return file.read(read_length)


def asf_is_encrypted(file: BinaryIO) -> bool:
    """Returns whether a Windows Media file needs a licence."""
    header = asf_header(file)
    return any(marker in header for marker in ASF_ENCRYPTION)
