"""The times of chunks by the index of an AVI file, where damage has made libav miscount them."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import Any

from functions.prepare.container import codec_name

CHUNK_HEADER = 8
"""Bytes of a chunk before its sound."""
SAMPLE_BITS = re.compile(r"pcm_[suf](\d+)")
MAX_PADDING = 16
"""Bytes between two chunks of a whole file: a header and a byte that makes their number even."""
MOST_LATE = 1.5
"""How long skipped bytes may last by the index, compared with bytes that were decoded. A damaged
index may say anything."""
LEAST_LATE = 0.03
"""Seconds. libav's parsers divide a chunk, so the times of its parts are rounded."""


class ChunkIndex:
    """How late the sound is by an AVI file's index, compared with libav's timestamps.

    AVI files have no timestamps. libav counts the chunks that it finds, so those that are damaged
    make all later ones early.
    """

    def __init__(self, stream: Any, format_name: str) -> None:
        self.late_seconds = 0.0
        """At the last packet."""
        entries = list(stream.index_entries) if format_name == "avi" else []
        self._bytes_per_tick = 1
        if counts_bytes(entries):
            self._bytes_per_tick = bytes_per_tick(stream)
        if not self._bytes_per_tick:
            entries = []
        self._decoded_bytes = 0
        self._decoded_seconds = 0.0
        self._last_end = 0
        self._starts = [entry.pos + CHUNK_HEADER for entry in entries]
        self._entries = entries

    def note_packet(self, packet: Any) -> bool:
        """Compare the timestamp of a packet with the time of its chunk. Returns whether chunks
        before it are missing."""
        if not self._starts or packet.pos is None or packet.pts is None:
            return False
        longest = self._skipped_seconds(packet) * MOST_LATE
        number = bisect_right(self._starts, packet.pos) - 1
        if number < 0:
            return False
        entry = self._entries[number]
        inside = packet.pos - self._starts[number]
        if inside >= max(1, entry.size):
            return False  # it is in no chunk of the index
        share = inside / max(1, entry.size)
        ticks = entry.timestamp + share * self._chunk_ticks(number)
        late = ticks / self._bytes_per_tick - packet.pts
        late_seconds = late * float(packet.time_base)
        later = late_seconds - self.late_seconds
        added = min(later, longest)
        if added <= LEAST_LATE:
            return False
        self.late_seconds += added
        return True

    def _skipped_seconds(self, packet: Any) -> float:
        """Returns about how long the bytes lasted between the last packet and this one."""
        skipped = packet.pos - self._last_end - MAX_PADDING
        self._last_end = packet.pos + packet.size
        seconds = 0.0
        if skipped > 0 and self._decoded_bytes:
            seconds = skipped * self._decoded_seconds / self._decoded_bytes
        self._decoded_bytes += packet.size
        self._decoded_seconds += float((packet.duration or 0) * packet.time_base)
        return seconds

    def _chunk_ticks(self, number: int) -> int:
        """Returns how long a chunk lasts by the index; 0 for the last."""
        if number + 1 >= len(self._entries):
            return 0
        ticks: int = self._entries[number + 1].timestamp - self._entries[number].timestamp
        return ticks


def counts_bytes(entries: Sequence[Any]) -> bool:
    """Returns whether the times in an index are numbers of bytes."""
    if len(entries) < 2:
        return False
    first, second = entries[:2]
    step = second.timestamp - first.timestamp
    return bool(step > 1 and step == first.size)


def bytes_per_tick(stream: Any) -> int:
    """Returns how many bytes last one tick of an index that counts bytes; 0 if it is unknown."""
    name = codec_name(stream)
    if name.startswith("adpcm"):
        return 0
    bits = SAMPLE_BITS.match(name)
    if bits is None and not name.endswith("law"):
        return 1  # the clock of other codecs counts bytes, too
    sample_bits = 8 if bits is None else int(bits[1])
    channels: int = stream.codec_context.layout.nb_channels
    return sample_bits // 8 * channels
