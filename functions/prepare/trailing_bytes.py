"""Whether the bytes behind a recording's last packet, or before its first, may hold sound that was
not read."""

import io
import struct
from typing import BinaryIO, cast

from functions.prepare.mp3_header import end_of_tags
from functions.prepare.mp4_boxes import BOX_HEADER, MAX_BOX_HEADER
from functions.prepare.section_file import SectionFile
from functions.prepare.sound_bytes import AIFF_HEADER, RIFF_HEADER

STREAMED_FORMATS = frozenset(
    {"aac", "ac3", "adx", "aiff", "amr", "apm", "argo_asf", "ast", "au", "caf", "dts", "eac3"}
    | {"flac", "flv", "ircam", "kvag", "loas", "mlp", "mmf", "mp3", "mp4", "nut", "ogg", "rm"}
    | {"sox", "spdif", "swf", "truehd", "tta", "voc", "w64", "wav", "wtv", "wv"}
)
"""Formats in which little but tags follows the last packet of sound."""
SHARED_FORMATS = frozenset({"flv", "nut", "ogg", "rm", "swf", "wtv"})
"""Those in which it may be followed by packets of another stream."""
CHUNK_HEADERS = {
    "aiff": AIFF_HEADER,
    "caf": struct.Struct(">4sQ"),
    "wav": RIFF_HEADER,
}
"""Formats that are a row of chunks: the kind and the length of each."""
NUT_INDEX = b"NX\xdd\x67\x2f\x23\xe6\x4e"
NUT_INDEX_END = struct.Struct(">Q4x")
"""Length of the index, and its checksum."""
TAGS = (b"APETAGEX", b"ID3", b"LYRICSBEGIN", b"TAG", NUT_INDEX)
MAX_BEFORE_TAG = 2_048
"""Bytes of a packet that was not decoded, between the last that was and a tag."""
BLOCK = 2**16
"""Bytes that are read at once."""
MAX_CHUNKS = 1_000
FRAGMENT_KIND = b"moof"
MAX_FRAGMENT = 2**22
"""Bytes before the last packet in which its fragment is searched."""


def may_hold_sound(file: SectionFile, start: int, format_name: str) -> bool:
    """Returns whether what is from `start` on, counted in the section, is no tag and no padding."""
    start = end_of_tags(cast(BinaryIO, file), start)
    file.seek(start)
    before_tag = file.read(MAX_BEFORE_TAG)
    has_tag = any(tag in before_tag for tag in TAGS)
    if has_tag and format_name not in SHARED_FORMATS:
        return False
    header = CHUNK_HEADERS.get(format_name)
    if header is not None and is_row_of_chunks(file, start, header):
        return False
    end = file.seek(0, io.SEEK_END)
    return has_content(file, start, end)


def has_content(file: SectionFile, start: int, end: int) -> bool:
    """Returns whether any byte from `start` up to `end` is not 0."""
    file.seek(start)
    while start < end:
        block = file.read(min(BLOCK, end - start))
        if any(block):
            return True
        if not block:
            break
        start += len(block)
    return False


def cut_end_of_boxes(file: SectionFile, heard_until: int) -> int:
    """Returns the bytes that the boxes of an MP4 section have by their headers, up to where no box
    begins. The last may be longer than what is left of the section.

    Of a section in fragments, only what follows the last fragment that was heard is looked at.
    """
    start: int = fragment_before(file, heard_until) or 0
    end: int = file.seek(0, io.SEEK_END)
    for _ in range(MAX_CHUNKS):
        file.seek(start)
        found = file.read(MAX_BOX_HEADER)
        if len(found) < BOX_HEADER.size:
            return start
        length, kind = BOX_HEADER.unpack_from(found)
        if length == 1:
            long_length = found[BOX_HEADER.size :]
            length = int.from_bytes(long_length, "big")
        if length < BOX_HEADER.size or not kind.isascii():
            return start
        start += length
        if start >= end:
            return start
    return end


def fragment_before(file: SectionFile, place: int) -> int | None:
    """Returns where the last fragment before a place begins, or None if none does in the
    MAX_FRAGMENT bytes before it."""
    searched_start = max(0, place - MAX_FRAGMENT)
    file.seek(searched_start)
    searched = file.read(place - searched_start)
    kind_start = searched.rfind(FRAGMENT_KIND)
    if kind_start < 4:
        return None
    return searched_start + kind_start - 4


def lacks_nut_index(file: BinaryIO, start: int, end: int) -> bool:
    """Returns whether the section of a NUT file has no index at its end, where its writer puts one
    if it comes to its end."""
    tail_start = max(start, end - NUT_INDEX_END.size)
    file.seek(tail_start)
    tail = file.read(NUT_INDEX_END.size)
    if len(tail) < NUT_INDEX_END.size:
        return True
    (length,) = NUT_INDEX_END.unpack(tail)
    index_start = end - length
    if index_start < start:
        return True
    file.seek(index_start)
    return file.read(len(NUT_INDEX)) != NUT_INDEX


def is_row_of_chunks(file: SectionFile, start: int, header: struct.Struct) -> bool:
    """Returns whether from `start` to the section's end there are chunks and nothing else."""
    end = file.seek(0, io.SEEK_END)
    for _ in range(MAX_CHUNKS):
        if end - start <= 1:
            return True
        file.seek(start)
        found = file.read(header.size)
        if len(found) < header.size:
            return False
        kind, length = header.unpack(found)
        name = kind.decode("latin-1")
        if not name.isascii() or not name.isprintable():
            return False
        padding = length % 2
        start += header.size + length + padding
        if start > end + padding:
            return False
    return False
