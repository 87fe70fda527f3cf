"""What the beginning of a Matroska or WebM file declares: its length, encryption, and a loss."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

SEARCHED = 2**20
"""Bytes in which the tracks are searched. They precede the sound."""
EBML = bytes.fromhex("1A45DFA3")
SEGMENT = 0x18538067
TRACKS = 0x1654AE6B
TRACK_ENTRY = 0xAE
TRACK_TYPE = 0x83
TYPE_OF_SOUND = b"\2"
CLUSTER = 0x1F43B675
PREVIOUS_SIZE = 0xAB
"""Of the cluster before, which the first cluster of a whole file does not have."""
PATH_TO_ENCRYPTION = (0x6D80, 0x6240, 0x5035)
"""ContentEncodings, ContentEncoding, ContentEncryption."""
MAX_ELEMENTS = 1000


@dataclass(frozen=True)
class Element:
    identifier: int
    body: int
    """Offset of its content."""
    end: int | None
    """None if it was written before its length was known."""


@dataclass(frozen=True)
class MatroskaHeader:
    end: int | None
    """Offset where the file should end, if its header tells."""
    is_encrypted: bool
    lacks_first_cluster: bool = False
    """The first cluster says that there was one before it."""


def read_matroska_header(file: BinaryIO) -> MatroskaHeader | None:
    """Returns what the header declares, or None for a file of another format."""
    file.seek(0)
    first_bytes = file.read(len(EBML))
    if first_bytes != EBML:
        return None
    file.seek(0)
    data = file.read(SEARCHED)
    for element in elements(data, 0, len(data)):
        if element.identifier == SEGMENT:
            is_encrypted = has_encrypted_sound(data, element)
            lacks_cluster = follows_cluster(data, element)
            return MatroskaHeader(element.end, is_encrypted, lacks_cluster)
    return MatroskaHeader(None, is_encrypted=False)


def elements(data: bytes, start: int, end: int) -> Iterator[Element]:
    """Yields the elements in this range that begin inside the data."""
    for _ in range(MAX_ELEMENTS):
        element = parse_element(data, start)
        if element is None:
            return
        yield element
        if element.end is None or element.end >= end:
            return
        start = element.end


def parse_element(data: bytes, start: int) -> Element | None:
    """Returns the element that begins there, or None if none does."""
    identifier_width = number_width(data, start)
    size_start = start + identifier_width
    size_width = number_width(data, size_start)
    body = size_start + size_width
    if not identifier_width or not size_width or body > len(data):
        return None
    encoded_identifier = data[start:size_start]
    identifier = int.from_bytes(encoded_identifier, "big")
    length = element_length(data[size_start:body])
    if length is None:
        return Element(identifier, body, end=None)
    return Element(identifier, body, body + length)


def element_length(encoded: bytes) -> int | None:
    """Returns the length that a variable-length number states, or None if it is unknown."""
    value_bits = 7 * len(encoded)
    largest = (1 << value_bits) - 1
    length = int.from_bytes(encoded, "big") & largest
    if length == largest:
        return None
    return length


def number_width(data: bytes, start: int) -> int:
    """Returns the bytes of the variable-length number that begins there; 0 if none does."""
    if start >= len(data):
        return 0
    first_byte = data[start]
    if not first_byte:
        return 0
    return 9 - first_byte.bit_length()


def has_encrypted_sound(data: bytes, segment: Element) -> bool:
    """Returns whether every track of sound needs a key."""
    encrypted = []
    for tracks in children(data, segment, TRACKS):
        for track in children(data, tracks, TRACK_ENTRY):
            if is_sound(data, track):
                needs_key = has_path(data, track, PATH_TO_ENCRYPTION)
                encrypted.append(needs_key)
    if not encrypted:
        return False
    return all(encrypted)


def follows_cluster(data: bytes, segment: Element) -> bool:
    """Returns whether the first cluster of a segment says that one came before it."""
    cluster = next(children(data, segment, CLUSTER), None)
    if cluster is None:
        return False
    sizes = children(data, cluster, PREVIOUS_SIZE)
    previous_size = next(sizes, None)
    if previous_size is None:
        return False
    encoded = data[previous_size.body : previous_size.end]
    return any(encoded)


def children(data: bytes, parent: Element, identifier: int) -> Iterator[Element]:
    """Yields the elements of this kind directly inside another."""
    end = len(data) if parent.end is None else parent.end
    for element in elements(data, parent.body, end):
        if element.identifier == identifier:
            yield element


def is_sound(data: bytes, track: Element) -> bool:
    for element in children(data, track, TRACK_TYPE):
        track_type = data[element.body : element.end]
        if track_type == TYPE_OF_SOUND:
            return True
    return False


def has_path(data: bytes, parent: Element, path: tuple[int, ...]) -> bool:
    """Returns whether elements of these kinds lie inside one another."""
    if not path:
        return True
    inner = children(data, parent, path[0])
    rest = path[1:]
    return any(has_path(data, element, rest) for element in inner)
