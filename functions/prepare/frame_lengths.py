"""How long a frame is by its own header, which tells whether the end of a file cuts it off."""

from collections.abc import Callable
from functools import partial
from typing import Any

from functions.prepare.mp3_header import RATE_DIVISORS, RATES, parse_frame_header

HEADER = 8
"""Bytes of a frame's start from which every length below is read."""
MPEG_KBITS = {
    (True, 3): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 1): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 3): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 1): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
"""By whether it is MPEG 1 and the two bits of the layer, then by the header's index - 1."""
LAYER_1, LAYER_3 = 3, 1
AC3_KBITS = (
    *(32, 40, 48, 56, 64, 80, 96, 112, 128, 160),
    *(192, 224, 256, 320, 384, 448, 512, 576, 640),
)
AC3_RATES = (48_000, 44_100, 32_000)
AC3_SAMPLES = 1536
AMR_NB_BYTES = (13, 14, 16, 18, 20, 21, 27, 32, 6)
AMR_WB_BYTES = (18, 24, 33, 37, 41, 47, 51, 59, 61, 6)
"""By the kind of the frame."""


class LastPacket:
    """The last packet of sound of a section that is decoded."""

    def __init__(self, codec: str) -> None:
        self._read = LENGTHS.get(codec)
        self._packet: Any = None

    def note(self, packet: Any) -> None:
        """Note the next packet. libav adds an empty one at the end, which is none."""
        if packet.size:
            self._packet = packet

    @property
    def is_partial(self) -> bool:
        """Returns whether libav found fewer bytes than it asked for.

        It asks for any number of samples where a header declares no length.
        """
        return self._packet is not None and bool(self._packet.is_corrupt)

    @property
    def is_cut_off(self) -> bool:
        """Returns whether it is shorter than its own header says."""
        if self._packet is None or self._read is None:
            return False
        frame = bytes(self._packet)
        header = frame[:HEADER].ljust(HEADER, b"\0")
        length = self._read(header) or 0
        present = len(frame)
        return present < length


def number(frame: bytes, start: int, end: int) -> int:
    """Returns these bytes of a frame as a number."""
    return int.from_bytes(frame[start:end], "big")


def aac_length(frame: bytes) -> int | None:
    """Returns the bytes of a frame of ADTS or LOAS; None for a frame of a container."""
    start = number(frame, 0, 3)
    sync_and_layer = start >> 8 & 0xFFF6
    is_adts = sync_and_layer == 0xFFF0
    is_loas = start >> 13 == 0x2B7
    if is_adts:
        bits = number(frame, 3, 6)
        return bits >> 5 & 0x1FFF
    if is_loas:
        content = start & 0x1FFF
        return content + 3
    return None


def mpeg_length(frame: bytes) -> int | None:
    """Returns the bytes of a frame of layer I, II or III."""
    header = parse_frame_header(frame)
    is_mpeg_1 = header.version == 3
    kbits = MPEG_KBITS.get((is_mpeg_1, header.layer))
    bits = frame[2]
    padding = bits >> 1 & 1
    rate_index = bits >> 4
    is_frame = header.sync == 0x7FF and header.version in RATE_DIVISORS
    has_rates = header.rate < len(RATES) and 0 < rate_index < 15
    if not is_frame or not has_rates or kbits is None:
        return None
    divisor = RATE_DIVISORS[header.version]
    rate = RATES[header.rate] // divisor
    bits_per_second = kbits[rate_index - 1] * 1000
    if header.layer == LAYER_1:
        slots = 12 * bits_per_second // rate + padding
        return 4 * slots
    is_half = header.layer == LAYER_3 and not is_mpeg_1
    samples_in_bytes = 72 if is_half else 144
    length = samples_in_bytes * bits_per_second // rate
    return length + padding


def ac3_length(frame: bytes) -> int | None:
    """Returns the bytes of a frame of AC-3 or E-AC-3."""
    if frame[:2] != b"\x0b\x77":
        return None
    is_eac3 = frame[5] >> 3 > 10
    if is_eac3:
        bits = number(frame, 2, 4)
        words = bits & 0x7FF
        return 2 * words + 2
    rate_index = frame[4] >> 6
    size_index = frame[4] & 0x3F
    if rate_index >= len(AC3_RATES) or size_index >= 2 * len(AC3_KBITS):
        return None
    rate = AC3_RATES[rate_index]
    kbits = AC3_KBITS[size_index // 2]
    bits_in_frame = kbits * 1000 * AC3_SAMPLES // rate
    words = bits_in_frame // 16
    is_odd = size_index % 2 == 1
    if is_odd and rate == 44_100:
        words += 1
    return 2 * words


def dts_length(frame: bytes) -> int | None:
    """Returns the bytes of a core frame of DTS with 16-bit words."""
    if frame[:4] != b"\x7f\xfe\x80\x01":
        return None
    bits = number(frame, 5, 8)
    length_minus_1 = bits >> 4 & 0x3FFF
    return length_minus_1 + 1


def mlp_length(frame: bytes) -> int | None:
    """Returns the bytes of an access unit of MLP or TrueHD."""
    bits = number(frame, 0, 2)
    words = bits & 0xFFF
    return 2 * words


def amr_length(frame: bytes, lengths: tuple[int, ...]) -> int | None:
    """Returns the bytes of a frame of AMR; None for a kind of frame that is not used."""
    kind = frame[0] >> 3 & 15
    return lengths[kind] if kind < len(lengths) else None


LENGTHS: dict[str, Callable[[bytes], int | None]] = {
    "aac": aac_length,
    "aac_latm": aac_length,
    "ac3": ac3_length,
    "amr_nb": partial(amr_length, lengths=AMR_NB_BYTES),
    "amr_wb": partial(amr_length, lengths=AMR_WB_BYTES),
    "dts": dts_length,
    "eac3": ac3_length,
    "mlp": mlp_length,
    "mp1": mpeg_length,
    "mp2": mpeg_length,
    "mp3": mpeg_length,
    "truehd": mlp_length,
}
"""By libav's name of the codec, what reads the length from a frame's start."""
