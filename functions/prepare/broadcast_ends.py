"""Whether a file made for broadcast ends inside one of its packets, whose lengths are known."""

from typing import BinaryIO

PACKET_SIZES = (188, 192, 204)
"""Bytes of a packet of a transport stream: alone, with a time, and with a sum for repairs."""
SYNC = 0x47
"""The first byte of a packet, or the fifth of one with a time."""
PACK_START = b"\0\0\1\xba"
CODE_START = b"\0\0\1"
PACKET_HEADER = 6
"""Bytes of a code, the kind of a packet, and its length."""
FIRST_KIND = 0xBB
"""Of the packets of a program stream that have a length. The one below ends the stream."""
MAX_TAIL = 2**18
"""Bytes at the end in which the last pack of a program stream is searched."""
MAX_PACKETS = 1_000


def ends_inside_packet(file: BinaryIO, start: int, end: int) -> bool:
    """Returns whether the last packet of a section of a transport or program stream is cut off."""
    file.seek(start)
    first_bytes = file.read(5)
    candidates = first_bytes[:1] + first_bytes[4:]
    if SYNC in candidates:
        length = end - start
        return all(length % size for size in PACKET_SIZES)
    tail_start = max(start, end - MAX_TAIL)
    file.seek(tail_start)
    tail = file.read(end - tail_start)
    last_end = last_packet_end(tail)
    return last_end > len(tail)


def last_packet_end(tail: bytes) -> int:
    """Returns where the last packet of a program stream should end; 0 if none is found."""
    pack = tail.rfind(PACK_START)
    if pack < 0:
        return 0
    place = pack + pack_header_length(tail[pack:])
    for _ in range(MAX_PACKETS):
        content = place + PACKET_HEADER
        header = tail[place:content]
        is_whole = len(header) == PACKET_HEADER
        is_packet = is_whole and header.startswith(CODE_START)
        if not is_packet or header[3] < FIRST_KIND:
            break
        length = int.from_bytes(header[4:], "big")
        place = content + length
    return place


def pack_header_length(pack: bytes) -> int:
    """Returns the bytes of a pack's header, in MPEG 2 or MPEG 1."""
    is_whole = len(pack) > 13
    if is_whole and pack[4] >> 6 == 1:
        stuffing = pack[13] & 7
        return 14 + stuffing
    return 12
