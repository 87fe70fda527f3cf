"""The times of packets in Ogg files where libav's are wrong, by the end that a page declares."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

from functions.prepare.container import OGG_CODECS_WITH_START, codec_name
from functions.prepare.section_file import SectionFile
from functions.prepare.timeline import MAX_JITTER

PRE_SKIP = slice(10, 12)
"""Where the header of Opus says how many samples at the start are no sound. Positions of pages
count them, libav's timestamps do not."""


class OggPageTimes:
    """Sets the timestamps of the packets in a page behind a lost one, and in the first page.

    libav gives the former the time of the lost page: in Opus and Vorbis the first packet, or all of
    the last page; in other codecs all. In those it also takes the first page to begin at 0.
    """

    def __init__(self, file: SectionFile, stream: Any) -> None:
        self._file = file
        codec = codec_name(stream)
        self._has_start = codec in OGG_CODECS_WITH_START
        self._skipped = samples_skipped(stream)
        self.missing_start = 0.0
        """Seconds of the stream before its first page of sound, if pages before that are lost."""
        self._last_place: int | None = None
        self._is_behind_loss = False

    def correct(self, packets: Iterable[Any]) -> Iterator[Any]:
        """Yields the packets of one stream, each page's once the next page begins."""
        page: list[Any] = []
        for packet in packets:
            if page and packet.pos != page[0].pos:
                self._correct_page(page, packet)
                yield from page
                page = []
            page.append(packet)
        yield from page

    def take_loss(self) -> bool:
        """Returns whether a page is lost before the packets that were yielded since the last
        call."""
        is_behind_loss = self._is_behind_loss
        self._is_behind_loss = False
        return is_behind_loss

    def _correct_page(self, packets: Sequence[Any], following: Any) -> None:
        """Set the times of a page's packets if pages before it are lost.

        `following` is the next page's first packet, or the empty one at the end.
        """
        last_place = self._last_place
        place = packets[0].pos
        self._last_place = place
        is_first = last_place is None
        if is_first:
            self._note_missing_start(packets)
        is_right = self._has_start if is_first else are_continuous([*packets, following])
        page = None if is_right else self._file.page_at(place)
        if page is None or page.position < 0:
            return
        if last_place is not None:
            last_page = self._file.page_at(last_place)
            if last_page is None or page.number == last_page.number + 1:
                return
            self._is_behind_loss = True
        end = page.position - self._skipped
        if page.ends_inside_packet:
            end += packets[-1].duration  # which the page's position does not count
        set_times(packets, end)

    def _note_missing_start(self, packets: Sequence[Any]) -> None:
        """Note how much of the stream comes before its first page, if its pages are numbered on.

        A first page that follows the headers by its number may begin late, but lacks nothing.
        """
        place = packets[0].pos
        header = self._file.last_page_before(place)
        page = self._file.page_with_end(place)
        if header is None or page is None or page.number <= header.number + 1:
            return
        end = page.position - self._skipped
        if page.ends_inside_packet:
            end += packets[-1].duration
        length = sum(lengths_of(packets))
        start = max(0, end - length)
        seconds = start * packets[0].time_base
        self.missing_start = float(seconds)


def samples_skipped(stream: Any) -> int:
    """Returns by how much the positions of a stream's pages are above libav's timestamps."""
    if codec_name(stream) != "opus":
        return 0
    header = stream.codec_context.extradata or b""
    return int.from_bytes(header[PRE_SKIP], "little")


def are_continuous(packets: Sequence[Any]) -> bool:
    """Returns whether each packet begins where the one before ends. The end of all is a break."""
    for packet, following in pairwise(packets):
        if packet.pts is None or following.pts is None:
            return False
        end = packet.pts + packet.duration
        apart = abs(following.pts - end)
        if apart * packet.time_base > MAX_JITTER:
            return False
    return True


def set_times(packets: Sequence[Any], end: int) -> None:
    """Let the packets follow each other so that the last one ends at a timestamp."""
    lengths = lengths_of(packets)
    start = end - sum(lengths)
    for packet, length in zip(packets, lengths, strict=True):
        packet.pts = start
        packet.dts = start
        start += length


def lengths_of(packets: Sequence[Any]) -> list[int]:
    """Returns how long each packet of a page lasts.

    Of the last one of a stream libav may say that it lasts as long as the lost page, too.
    """
    *earlier, last = [packet.duration for packet in packets]
    longest = max(earlier, default=last)
    last_length = min(last, longest)
    return [*earlier, last_length]
