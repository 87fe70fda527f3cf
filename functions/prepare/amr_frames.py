"""Frames of AMR speech: which are damaged, though libav decodes them as silence or noise."""

from typing import Any

AMR_CODECS = frozenset({"amr_nb", "amr_wb", "amrnb", "amrwb"})
PADDING_BITS = 0x83
"""Bits of a frame's first byte that are 0 in a file."""
IS_GOOD = 0x04
"""The bit that a frame has which arrived undamaged."""
NO_DATA = 15
"""Kind of a frame without speech."""


class DamagedFrame(Exception):
    """A packet is no frame of its codec, though libav would decode it."""


def check_frame(packet: Any, codec: str) -> None:
    """Raise DamagedFrame for a packet of AMR that does not begin as a frame does."""
    if codec not in AMR_CODECS or not packet.size or is_pause(packet, codec):
        return
    first_byte = bytes(packet)[0]
    is_padded = first_byte & PADDING_BITS
    is_good = first_byte & IS_GOOD
    if is_padded or not is_good:
        raise DamagedFrame


def is_pause(packet: Any, codec: str) -> bool:
    """Returns whether a packet says that nothing was sent, which libav takes for damage."""
    if codec not in AMR_CODECS or packet.size != 1:
        return False
    first_byte = bytes(packet)[0]
    kind = first_byte >> 3 & 15
    is_padded = first_byte & PADDING_BITS
    return kind == NO_DATA and not is_padded
