"""Whether a stream that cannot be decoded says that it is encrypted.

It is asked only then: some programs that decrypt a stream leave the marks as they are.
"""

import re
from collections import Counter
from collections.abc import Iterator

from functions.prepare.broadcast_ends import CODE_START, SYNC
from functions.prepare.headers import ENCRYPTED
from functions.prepare.section_file import SectionFile
from shared.model.errors import NotAudio, Permanent

SEARCHED = 2**18
"""Bytes of a section in which the marks are searched."""
ENCRYPTED_FILES = (
    b"age-encryption.org/",
    b"-----BEGIN PGP MESSAGE-----",
    b"Salted__",
    b"AES\1",
    b"AES\2",
    b"AES\3",
)
"""The first bytes of files that age, GnuPG, OpenSSL and AES Crypt encrypt."""
ENCRYPTED_FILE = "it is encrypted; decrypt it before the upload"
MIN_UNMARKED = 2
"""Marks that may be there by chance."""
TS_LAYOUTS = ((0, 188), (4, 192), (0, 204))
"""Where the first packet of a transport stream begins, and the bytes from one to the next."""
TS_PACKET = 188
TS_HEADER = 4
PROGRAM_MAP = 2
"""The table of a transport stream that lists its streams."""
ENCRYPTED_KINDS = frozenset({0xC1, 0xC2, 0xCF})
"""Kinds of streams there: AC-3, E-AC-3 and AAC with Apple's SAMPLE-AES."""
SOUND_PACKET = re.compile(rb"\0\0\x01[\xbd\xc0-\xdf]..([\x80-\xbf])", re.DOTALL)
"""The start of a packet of sound in MPEG 2, up to the byte that says whether it is scrambled."""
SCRAMBLED = 0x30
FLV_MARK = b"FLV\1"
FLV_TAG_HEADER = 11
FLV_SOUND, FLV_ENCRYPTED_SOUND = 0x08, 0x28


def name_encryption(failure: Permanent, file: SectionFile) -> Permanent:
    """Returns the reason why a section holds nothing that can be decoded, which may be that it is
    encrypted."""
    read_until = file.tell()
    file.seek(0)
    data = file.read(SEARCHED)
    file.seek(read_until)
    if data.startswith(ENCRYPTED_FILES):
        return NotAudio(ENCRYPTED_FILE)
    if is_marked(data):
        return NotAudio(ENCRYPTED)
    return failure


def is_marked(data: bytes) -> bool:
    """Returns whether the start of a section says that its sound is encrypted."""
    if data.startswith(FLV_MARK):
        return are_mostly_marked(flash_marks(data))
    packets = list(transport_packets(data))
    if not packets:
        return are_mostly_marked(packet_marks(data))
    return has_scrambled_stream(packets) or any(map(names_sample_encryption, packets))


def are_mostly_marked(marks: Iterator[bool]) -> bool:
    counts = Counter(marks)
    marked = counts[True]
    unmarked = counts[False]
    expected = max(MIN_UNMARKED, unmarked)
    return marked > expected


def flash_marks(data: bytes) -> Iterator[bool]:
    """Yields for each tag of sound in Flash video whether it is encrypted."""
    header_length = int.from_bytes(data[5:9], "big")
    place = header_length + 4
    last = len(data) - FLV_TAG_HEADER
    while place < last:
        kind = data[place]
        if kind == FLV_SOUND:
            yield False
        if kind == FLV_ENCRYPTED_SOUND:
            yield True
        length = data[place + 1 : place + 4]
        place += int.from_bytes(length, "big")
        place += FLV_TAG_HEADER + 4


def packet_marks(data: bytes) -> Iterator[bool]:
    """Yields for each packet of sound of a program stream whether it is scrambled."""
    for match in SOUND_PACKET.finditer(data):
        (flags,) = match[1]
        scrambling = flags & SCRAMBLED
        yield scrambling > 0


def transport_packets(data: bytes) -> Iterator[bytes]:
    """Yields the packets of a transport stream; none of another format."""
    for start, step in TS_LAYOUTS:
        marks = data[start : start + 5 * step : step]
        if marks != bytes([SYNC]) * 5:
            continue
        for place in range(start, len(data), step):
            yield data[place : place + TS_PACKET]
        return


def has_scrambled_stream(packets: list[bytes]) -> bool:
    """Returns whether most packets of a stream are scrambled, or most that begin its frames."""
    balance: Counter[int] = Counter()
    for packet in packets:
        payload = payload_of(packet)
        if not payload:
            continue
        high, low = packet[1] & 0x1F, packet[2]
        stream = high << 8 | low
        is_scrambled = bool(packet[3] >> 6)
        begins_frame = SOUND_PACKET.match(payload)
        if begins_frame is not None:
            is_scrambled = is_scrambled or bool(begins_frame[1][0] & SCRAMBLED)
        is_counted = is_scrambled or begins_frame is not None
        if is_counted:
            balance[stream] += 1 if is_scrambled else -1
    return any(count > 0 for count in balance.values())


def payload_of(packet: bytes) -> bytes:
    """Returns the content of a packet of a transport stream."""
    has_content = len(packet) == TS_PACKET and packet[3] & 0x10
    if not has_content:
        return b""
    start = TS_HEADER
    has_extension = packet[3] & 0x20
    if has_extension:
        start += 1 + packet[TS_HEADER]
    return packet[start:]


def names_sample_encryption(packet: bytes) -> bool:
    """Returns whether a packet lists a stream of sound that is encrypted frame by frame."""
    payload = payload_of(packet)
    begins_table = bool(payload) and packet[1] & 0x40
    if not begins_table or payload.startswith(CODE_START):
        return False
    table = payload[1 + payload[0] :]
    if len(table) < 12 or table[0] != PROGRAM_MAP:
        return False
    end = 3 + length_at(table, 1) - 4
    place = 12 + length_at(table, 10)
    while place + 5 <= min(end, len(table)):
        if table[place] in ENCRYPTED_KINDS:
            return True
        place += 5 + length_at(table, place + 3)
    return False


def length_at(table: bytes, place: int) -> int:
    """Returns the number of 12 bits there."""
    end = place + 2
    number = int.from_bytes(table[place:end], "big")
    return number & 0xFFF
