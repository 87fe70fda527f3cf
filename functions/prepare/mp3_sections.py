"""Follows the headers inside an MP3 file while it is decoded: joined files have one each."""

from functions.prepare.mp3_header import ID3_HEADER, Mp3Header, find_header, id3_length


class Mp3Sections:
    """The last header that was met, and what it declares of the rest.

    Without a header nothing is declared, and nothing is missing.
    """

    def __init__(self, header: Mp3Header | None) -> None:
        self._header = header
        self._start = 0.0
        self._tag_end = 0

    @property
    def declared_seconds(self) -> float | None:
        """Returns the length up to the end of the last section; None if it is not declared."""
        if self._header is None or not self._header.seconds:
            return None
        return self._start + self._header.seconds

    @property
    def counts_bytes(self) -> bool:
        """Returns whether the last header tells how many bytes and seconds there are."""
        header = self._header
        return header is not None and header.bytes > 0 and header.seconds > 0

    def is_complete(self, size: int) -> bool:
        """Returns whether a file of this size holds every byte that its last header counts."""
        header = self._header
        if header is None:
            return True
        return header.end <= size

    def note_packet(self, data: bytes, offset: int, position: float) -> None:
        """Take the header or the tag that a packet may hold.

        The packet is at an offset of the file, and begins at a time in seconds.
        """
        header = find_header(data, offset)
        if header is not None:
            self._header = header
            self._start = position
        tag_start = data.find(b"ID3")
        tag_header = data[tag_start : tag_start + ID3_HEADER]
        if tag_start >= 0 and len(tag_header) == ID3_HEADER:
            tag_length = id3_length(tag_header)
            self._tag_end = offset + tag_start + tag_length

    def is_tag(self, offset: int) -> bool:
        """Returns whether a packet that cannot be decoded belongs to a tag between joined files."""
        return offset < self._tag_end

    def lost_seconds(self, start: int, end: int) -> float:
        """Returns how long these bytes lasted, which cannot be decoded."""
        if self._header is None:
            return 0.0
        return self._header.seconds_of(start, end)
