"""How long the bytes of a stream without timestamps lasted that could not be decoded."""

import re
from math import inf
from typing import Any, BinaryIO, cast

from functions.prepare.mp3_header import end_of_tags
from functions.prepare.mp3_sections import Mp3Sections
from functions.prepare.section_file import SectionFile

RAW_FORMATS = frozenset({"aac", "ac3", "amr", "dts", "eac3", "loas", "mlp", "mp3", "truehd"})
"""Formats without timestamps, in which libav adds up the lengths of the packets; it gets them wrong
once the sample rate changes or bytes are damaged."""
PARSED_FORMATS = frozenset({"aiff", "caf", "spdif", "wav", "w64"})
"""Formats without timestamps of which libav parses these codecs out of the bytes as it does raw
ones."""
PARSED_CODECS = frozenset({"aac", "ac3", "dts", "eac3", "mp2", "mp3"})
MPEG_AUDIO = frozenset({"mp1", "mp2", "mp3"})
AMR = "amr"
"""The format whose demuxer takes any byte for the start of a frame, so that libav counts more time
for damaged bytes than they lasted, or less."""
ADTS = "aac"
"""The format whose demuxer leaves out what is no frame, and does not count it in the places of the
packets behind."""
LONGEST_FRAME = 1_729
"""Bytes of a frame of MPEG audio: layer II with 384 kbit/s at 32 kHz."""
COMPARED = 64
"""Bytes of a frame by which it is found in the file."""
BLOCK = 2**16
"""Bytes that are read at once while it is looked for."""
TAG = re.compile(rb"APETAGEX|LYRICSBEGIN|ID3[\2-\4]\0")


class LostSound:
    """The bytes of one section that no frame was made of, in seconds.

    An MP3 file's header says how long its bytes last on average. Otherwise those that were decoded
    before tell it.
    """

    def __init__(
        self, file: SectionFile, format_name: str, codec: str, mp3: Mp3Sections | None
    ) -> None:
        self._file = file
        self._has_no_header = format_name in RAW_FORMATS
        self._is_ogg = format_name == "ogg"
        self._is_amr = format_name == AMR
        is_parsed = format_name in PARSED_FORMATS and codec in PARSED_CODECS
        self._is_raw = format_name in RAW_FORMATS or is_parsed
        self._is_adts = format_name == ADTS
        self._mp3 = mp3
        self._decoded_bytes = 0
        self._decoded_seconds = 0.0
        self._last_seconds = 0.0
        self._skipped = 0
        self._longest_frame = LONGEST_FRAME if self._is_raw and codec in MPEG_AUDIO else inf
        self._lost = 0.0
        self.first_place = 0
        """Where in the section the first packet begins that was decoded."""

    @property
    def skipped_start(self) -> int:
        """The bytes of a raw stream before the first packet that was decoded, without the tags; in
        Ogg without the headers."""
        if self._is_ogg:
            return max(0, self.first_place - self._file.header_pages_length())
        if not self._has_no_header:
            return 0
        tags_end = end_of_tags(cast(BinaryIO, self._file))
        return max(0, self.first_place - tags_end)

    def take(self) -> float:
        """Returns the seconds that were lost since the last call and that libav has not counted.

        Below 0 if it has counted more.
        """
        lost = self._lost
        self._lost = 0.0
        return lost

    def place_of(self, packet: Any) -> int:
        """Returns where in the section a packet begins."""
        place: int = packet.pos
        return place + self._skipped

    def note_corrupt(self, packet: Any) -> None:
        """Note a packet that cannot be decoded. libav has counted the duration of one frame."""
        if packet.pos is None or has_tag(bytes(packet)):
            return
        seconds = self._seconds_of(packet.pos, packet.pos + packet.size)
        counted = float((packet.duration or 0) * packet.time_base)
        lost = seconds - counted
        self._lost += lost if self._is_amr else max(0.0, lost)

    def note_good(self, packet: Any, seconds: float) -> bool:
        """Note a packet that lasts so many seconds. Returns whether sound before it was left out
        by libav."""
        is_first = not self._decoded_bytes
        self._last_seconds = seconds
        if is_first and packet.pos is not None:
            self.first_place = packet.pos
        if packet.size <= self._longest_frame:
            self._decoded_bytes += packet.size
            self._decoded_seconds += seconds
        if not self._is_adts:
            return False
        skipped = self._find_skipped(packet)
        place = self.place_of(packet)
        self._skipped += skipped
        if is_first:
            self.first_place += skipped
        if not skipped or is_first or self._holds_tag(place):
            return False
        self._lost += self._seconds_of(place, place + skipped)
        return True

    def note_excess(self, packet: Any) -> bool:
        """Note the bytes in a packet of MPEG audio that are too many to belong to its frame, which
        libav decodes nevertheless. Returns whether there are any."""
        if packet.pos is None or packet.size <= self._longest_frame or has_tag(bytes(packet)):
            return False
        seconds = self._seconds_of(packet.pos, packet.pos + packet.size)
        lost = max(0.0, seconds - self._last_seconds)
        self._lost += lost
        return lost > 0

    def _seconds_of(self, start: int, end: int) -> float:
        """Returns how long the bytes from `start` to `end` last on average."""
        if self._mp3 is not None and self._mp3.counts_bytes:
            return self._mp3.lost_seconds(start, end)
        if not self._is_raw or not self._decoded_bytes:
            return 0.0
        return (end - start) * self._decoded_seconds / self._decoded_bytes

    def _find_skipped(self, packet: Any) -> int:
        """Returns how many bytes libav left out before a packet of ADTS; 0 if it is not found."""
        read_until = self._file.tell()
        wanted = bytes(packet)[:COMPARED]
        place = self.place_of(packet)
        start = place
        length = COMPARED
        try:
            while start < read_until:
                self._file.seek(start)
                block = self._file.read(length)
                found = block.find(wanted)
                if found >= 0:
                    return start + found - place
                start += max(1, length - COMPARED)
                length = BLOCK
        finally:
            self._file.seek(read_until)
        return 0

    def _holds_tag(self, place: int) -> bool:
        """Returns whether a tag is at a place of the section."""
        read_until = self._file.tell()
        self._file.seek(place)
        content = self._file.read(BLOCK)
        self._file.seek(read_until)
        return has_tag(content)


def has_tag(content: bytes) -> bool:
    """Returns whether bytes that are no frame hold a tag, as between joined recordings."""
    return TAG.search(content) is not None
