"""Whether the bytes behind a recording's last packet may hold sound that was not read."""

import io
import struct

from functions.prepare.section_file import SectionFile

STREAMED_FORMATS = frozenset(
    {"aac", "ac3", "aiff", "amr", "au", "caf", "dts", "eac3", "flac", "flv", "mp3", "mp4", "ogg"}
    | {"tta", "wav", "wv"}
)
"""Formats in which little but tags follows the last packet of sound."""
SHARED_FORMATS = frozenset({"flv", "ogg"})
"""Those in which it may be followed by packets of a picture."""
CHUNK_HEADERS = {
    "aiff": struct.Struct(">4sI"),
    "caf": struct.Struct(">4sQ"),
    "wav": struct.Struct("<4sI"),
}
"""Formats that are a row of chunks: the kind and the length of each."""
TAGS = (b"APETAGEX", b"ID3", b"LYRICSBEGIN", b"TAG")
MAX_BEFORE_TAG = 2_048
"""Bytes of a packet that was not decoded, between the last that was and a tag."""
BOX_HEADER = struct.Struct(">I4s")
"""Length and kind of an MP4 file's box."""
BLOCK = 2**16
"""Bytes that are read at once."""
MAX_CHUNKS = 1_000


def may_hold_sound(file: SectionFile, start: int, format_name: str) -> bool:
    """Returns whether what is from `start` on, counted in the section, is no tag and no padding."""
    file.seek(start)
    before_tag = file.read(MAX_BEFORE_TAG)
    if format_name not in SHARED_FORMATS and any(tag in before_tag for tag in TAGS):
        return False
    header = CHUNK_HEADERS.get(format_name)
    if header is not None and is_row_of_chunks(file, start, header):
        return False
    return has_content(file, start)


def has_content(file: SectionFile, start: int) -> bool:
    """Returns whether any byte from `start` on is not 0."""
    file.seek(start)
    while block := file.read(BLOCK):
        if any(block):
            return True
    return False


def end_of_boxes(file: SectionFile) -> int:
    """Returns the bytes of an MP4 section up to where no box begins.

    A fragmented one is read to its end by libav, whatever is there.
    """
    end = file.seek(0, io.SEEK_END)
    start = 0
    for _ in range(MAX_CHUNKS):
        file.seek(start)
        found = file.read(BOX_HEADER.size + 8)
        if len(found) < BOX_HEADER.size:
            return min(start, end)
        length, kind = BOX_HEADER.unpack_from(found)
        if length == 1:
            length = int.from_bytes(found[BOX_HEADER.size :], "big")
        if kind == b"moof" or start + length >= end:
            return end
        if length < BOX_HEADER.size:
            return start
        start += length
    return end


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
        if not kind.isascii() or not kind.decode("ascii").isprintable():
            return False
        padding = length % 2
        start += header.size + length + padding
        if start > end + padding:
            return False
    return False
