"""Finds where a file of joined recordings passes from one to the next."""

import io
import re
from dataclasses import dataclass
from typing import BinaryIO

from functions.prepare.mp3_header import end_of_tags
from functions.prepare.ogg_pages import MAX_PAGE_HEADER, PAGE_HEADER, OggPage, parse_page
from functions.prepare.rare_headers import WTV_HEADER
from functions.prepare.sound_bytes import ASF_HEADER, W64_HEADER

WITH_BIT_3 = re.escape(bytes(byte for byte in range(256) if byte & 8))
WAVPACK_START = rb"wvpk.{12}\0{4}.{5}[" + WITH_BIT_3 + rb"]"
"""The first block of the first frame."""


@dataclass(frozen=True)
class Header:
    """How recordings of a format begin."""

    pattern: re.Pattern[bytes]
    """Begins with bytes, not with a wildcard, so that the search for it is fast."""
    offset: int = 0
    """Bytes of the recording before the pattern."""


OGG_STREAM_START = Header(re.compile(rb"OggS\0[\x02\x06]"))
"""A page that begins a stream."""
HEADERS = (
    OGG_STREAM_START,
    Header(re.compile(rb"RIFF.{4}WAVE", re.DOTALL)),
    Header(re.compile(rb"RIFX.{4}WAVE", re.DOTALL)),
    Header(re.compile(rb"RF64.{4}WAVE", re.DOTALL)),
    Header(re.compile(rb"BW64.{4}WAVE", re.DOTALL)),
    Header(re.compile(rb"RIFF.{4}AVI ", re.DOTALL)),
    Header(re.compile(rb"FORM.{4}AIF[CF]", re.DOTALL)),
    Header(re.compile(rb"fLaC[\0\x80]\0\0\x22")),
    Header(re.compile(rb"ftyp(?<=\0\0.{2}ftyp)[ -~]{4}", re.DOTALL), offset=4),
    Header(re.compile(rb"\x1aE\xdf\xa3.{1,48}?B\x82.(?:webm|matroska)", re.DOTALL)),
    Header(re.compile(rb"FLV\x01[\1\4\5]\0\0\0\x09\0\0\0\0")),
    Header(re.compile(rb"caff\0\x01\0\0desc")),
    Header(re.compile(rb"\.snd\0\0.{2}.{4}\0\0\0.", re.DOTALL)),
    Header(re.compile(re.escape(ASF_HEADER))),
    Header(re.compile(re.escape(W64_HEADER))),
    Header(re.compile(rb"#!AMR(?:-WB)?\n")),
    Header(re.compile(rb"TTA1[\1-\3]\0")),
    Header(re.compile(WAVPACK_START, re.DOTALL)),
    Header(re.compile(rb"nut/multimedia container\0")),
    Header(re.compile(rb"\.RMF\0\0\0.\0[\0\1]", re.DOTALL)),
    Header(re.compile(rb"Creative Voice File\x1a\x1a\0")),
    Header(re.compile(rb"MMMD.{4}CNTI", re.DOTALL)),
    Header(re.compile(rb"\.SoX.{4}.{8}.{8}[\1-\x20]\0\0\0", re.DOTALL)),
    Header(re.compile(rb"d\xa3[\1-\4]\0.{4}[\1-\x20]\0\0\0", re.DOTALL)),
    Header(re.compile(re.escape(WTV_HEADER))),
    Header(re.compile(rb"\x80\0..\x03\x12\x04[\1\2]\0", re.DOTALL)),
    Header(re.compile(rb"STRM.{4}\0[\0\1]\0\x10\0[\1-\x20]", re.DOTALL)),
    Header(re.compile(rb"KVAG.{8}[\0\1]\0", re.DOTALL)),
    Header(re.compile(rb"\0 [\1\2]\0.{16}P\0\0\0vs12", re.DOTALL)),
    Header(re.compile(rb"ASF\0[\1-\3]\0[\1-\2]\0\x01\0\0\0", re.DOTALL)),
)
"""Formats whose demuxers stop reading, or go wrong, where the next recording begins."""
MAX_HEADER = 64
"""Bytes of a recording's start in which its header is recognised."""
MAX_OGG_STREAMS = 100
"""Streams that an Ogg file may begin at one place."""
MAX_HEADER_PAGES = 10_000
"""Pages before the sound. A cover of 100 MB has a sixth of them."""
MAX_PAGES_OF_PACKET = 100
"""Pages over which a packet of sound may reach, with those of other streams between them."""
BLOCK = 2**18
"""Bytes read at once while the next section is looked for."""
MAX_SEARCHED = 2**28
"""Bytes in which the next section is looked for where this one cannot be decoded."""


class SectionFile:
    """One section of a file, from `start` to where the next section begins.

    A section is a recording that would be a whole file by itself. The header of the next one is
    looked for in whatever is read, so `end` falls from the file's end to the section's while the
    section is read.
    """

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        self.start = start
        self.end = size
        self._file = file
        self._size = size
        file.seek(start)
        self._header = header_at(file.read(MAX_HEADER))
        self._search_start = start + 1
        if self._header is OGG_STREAM_START:
            self._search_start = start + self._stream_starts_length()
        self._last_bytes = b""
        self._last_end = start

    @property
    def has_next(self) -> bool:
        """Returns whether the start of the next section has been found."""
        return self.end < self._size

    def read(self, size: int) -> bytes:
        position = self._file.tell()
        left = self.end - position
        wanted = max(0, min(size, left))
        data = self._file.read(wanted)
        self._search(data, position)
        inside = max(0, self.end - position)  # the search may have brought the end nearer
        return data[:inside]

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Returns the new position, counted from the section's start."""
        origins = {
            io.SEEK_SET: self.start,
            io.SEEK_CUR: self._file.tell(),
            io.SEEK_END: self.end,
        }
        position = origins[whence] + offset
        return self._file.seek(position) - self.start

    def tell(self) -> int:
        return self._file.tell() - self.start

    def find_next(self) -> int | None:
        """Returns where the next section begins, or None if MAX_SEARCHED bytes do not show it.

        Reads on from the current place.
        """
        searched_end = self._file.tell() + MAX_SEARCHED
        while not self.has_next and self._header is not None:
            data = self.read(min(BLOCK, MAX_SEARCHED))
            if not data or self._file.tell() >= searched_end:
                break
        if not self.has_next:
            return None
        return self.end

    def find(self, mark: bytes, start: int) -> int | None:
        """Returns the place in the section of the next such bytes from `start` on, or None if
        MAX_SEARCHED bytes do not show them."""
        searched_end = start + MAX_SEARCHED
        overlap = len(mark) - 1
        while start < searched_end:
            self.seek(start)
            data = self.read(BLOCK)
            found = data.find(mark)
            if found >= 0:
                return start + found
            if len(data) <= overlap:
                return None
            start += len(data) - overlap
        return None

    def _search(self, data: bytes, position: int) -> None:
        """Let the section end where the header of the next one begins in `data`, if one does."""
        header = self._header
        if header is None or not data:
            return
        follows_last = position == self._last_end
        before = self._last_bytes if follows_last else b""
        searched = before + data
        searched_start = position - len(before)
        self._last_bytes = searched[-MAX_HEADER:]
        self._last_end = position + len(data)

        first_pattern = self._search_start + header.offset
        first = max(0, first_pattern - searched_start)
        found = header.pattern.search(searched, first)
        if found is not None:
            pattern_start = searched_start + found.start()
            next_start = pattern_start - header.offset
            self.end = min(self.end, next_start)

    def page_at(self, place: int) -> OggPage | None:
        """Returns the Ogg page at a place of the section, or None if there is none."""
        read_until = self.tell()
        self.seek(place)
        header = self._file.read(MAX_PAGE_HEADER)
        self.seek(read_until)
        return parse_page(header)

    def page_length(self, start: int) -> int:
        """Returns the bytes of the Ogg page at a place of the section; 0 if there is none."""
        page = self.page_at(start)
        return 0 if page is None else page.length

    def last_page_before(self, place: int) -> OggPage | None:
        """Returns the last of the Ogg pages from the section's start up to a page that is of the
        same stream, or None if there is none."""
        following = self.page_at(place)
        last = None
        start = 0
        for _ in range(MAX_HEADER_PAGES):
            page = self.page_at(start)
            if page is None or following is None or start >= place:
                break
            if page.stream == following.stream:
                last = page
            start += page.length
        else:
            return None
        return last

    def page_with_end(self, place: int) -> OggPage | None:
        """Returns the first page of a stream from a place on in which a packet ends."""
        first = page = self.page_at(place)
        for _ in range(MAX_PAGES_OF_PACKET):
            if first is None or page is None:
                return None
            if page.stream == first.stream and page.position >= 0:
                return page
            place += page.length
            page = self.page_at(place)
        return None

    def header_pages_length(self) -> int:
        """Returns the bytes of the Ogg pages at the section's start in which there is no sound."""
        length = 0
        for _ in range(MAX_OGG_STREAMS):
            page = self.page_at(length)
            if page is None or page.position:
                break
            length += page.length
        return length

    def _stream_starts_length(self) -> int:
        """Returns the bytes of the pages at the start that each begin a stream."""
        length = 0
        for _ in range(MAX_OGG_STREAMS):
            self.seek(length)
            header = self._file.read(PAGE_HEADER.size)
            if not OGG_STREAM_START.pattern.match(header):
                break
            length += self.page_length(length)
        return max(1, length)


def first_section_start(file: BinaryIO) -> int:
    """Returns where the first section of a file begins: behind ID3 tags that some programs put
    before any format, of which libav knows it only in some."""
    tags_end = end_of_tags(file)
    file.seek(tags_end)
    first_bytes = file.read(MAX_HEADER)
    header = header_at(first_bytes)
    return 0 if header is None else tags_end


def header_at(first_bytes: bytes) -> Header | None:
    """Returns what recognises the format that begins with these bytes, or None."""
    for header in HEADERS:
        if header.pattern.match(first_bytes, header.offset):
            return header
    return None
