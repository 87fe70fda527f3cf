"""Which bytes of a section may hold sound that libav did not find."""

from functions.prepare.headers import FileHeader
from functions.prepare.section_file import SectionFile
from functions.prepare.trailing_bytes import (
    STREAMED_FORMATS,
    cut_end_of_boxes,
    has_content,
    may_hold_sound,
)

FORMATS_WITH_INDEX = frozenset({"rm"})
"""Formats with an index behind the sound, whose start the header tells."""
FORMATS_WITH_LONG_INDEX = frozenset({"wtv"})
"""Those whose header does not tell it. It has less than LONGEST_INDEX bytes and
LONGEST_INDEX_SHARE of the file."""
LONGEST_INDEX = 40_000
LONGEST_INDEX_SHARE = 1 / 100
LONGEST_BURST = 24_576
"""Bytes of a frame of S/PDIF with its padding."""
MIN_REST = 4_096
"""Bytes behind the last packet that matter: half a second at 64 kbit/s."""


class UnreadBytes:
    """What was not read of a section that was decoded to its end."""

    def __init__(
        self,
        file: SectionFile,
        header: FileHeader,
        format_name: str,
        *,
        heard_until: int,
        first_place: int,
        skipped_start: int,
        is_shared: bool,
    ) -> None:
        """`heard_until` is the place in the file behind the last packet that was decoded.

        The other places are counted in the section: that of the first packet, and how many bytes
        before it are no tags. `is_shared` says that packets of other streams may follow the last.
        """
        self._file = file
        self._header = header
        self._format = format_name
        self._heard_until = heard_until
        self._first_place = first_place
        self._skipped_start = skipped_start
        self._is_shared = is_shared

    @property
    def has_rest(self) -> bool:
        """Returns whether sound may be left behind the last packet, though libav found no more."""
        if self._is_shared or self._format not in STREAMED_FORMATS:
            return False
        rest_start = self.rest_start
        rest = self._rest_end - rest_start
        if rest < self._least_rest:
            return False
        start = rest_start - self._file.start
        return may_hold_sound(self._file, start, self._format)

    @property
    def start(self) -> int:
        """The bytes before the first packet that may hold sound, though libav found none."""
        skipped = self._skipped_start
        if self._is_shared:
            return 0
        if self._format == "ogg":
            return skipped
        if skipped < MIN_REST:
            return 0
        tags_end = self._first_place - skipped
        is_padding = not has_content(self._file, tags_end, self._first_place)
        return 0 if is_padding else skipped

    @property
    def rest_start(self) -> int:
        """The place in the file from where on nothing of the section was of use to libav."""
        if self._format != "mp4":
            return self._heard_until
        boxes_end = self._file.start + self._boxes_length()
        boxes_end = min(boxes_end, self._file.end)
        return max(self._heard_until, boxes_end)

    @property
    def ends_inside_fragment(self) -> bool:
        """Returns whether the last fragment of an MP4 section is cut off, or what follows it."""
        if not self._header.is_fragmented:
            return False
        length = self._file.end - self._file.start
        return self._boxes_length() > length

    def _boxes_length(self) -> int:
        """Returns the bytes that an MP4 section should have at least by its boxes."""
        heard_until = self._heard_until if self._header.is_fragmented else self._file.start
        return cut_end_of_boxes(self._file, heard_until - self._file.start)

    @property
    def _rest_end(self) -> int:
        """The place in the file behind which there is no sound by the header."""
        sound = self._header.sound
        if sound is None or self._format not in FORMATS_WITH_INDEX:
            return self._file.end
        sound_end = self._file.start + sound.end
        return min(self._file.end, sound_end)

    @property
    def _least_rest(self) -> int:
        """The bytes of a rest that is more than an index."""
        if self._format == "spdif":
            return LONGEST_BURST
        if self._format not in FORMATS_WITH_LONG_INDEX:
            return MIN_REST
        size = self._file.end - self._file.start
        growing_index = int(size * LONGEST_INDEX_SHARE)
        return LONGEST_INDEX + growing_index
