"""Broadcasts whose sound is encrypted, made from whole ones: noise in its place, and the marks."""

import re
from collections.abc import Iterator

import numpy as np

from tests.hostile.structure import ogg_checksum

PACKET = 188
SOUND_STREAM = 0x100
"""The stream of sound in libav's transport streams."""
PROGRAM_MAP_STREAM = 0x1000
NOISE = np.random.default_rng(5)


def contents(data: bytes, stream: int) -> Iterator[tuple[int, int]]:
    """Yields where each packet of a stream begins, and its content."""
    for place in range(0, len(data), PACKET):
        number = (data[place + 1] & 0x1F) << 8 | data[place + 2]
        has_extension = data[place + 3] & 0x20
        extension = 1 + data[place + 4] if has_extension else 0
        if number == stream:
            yield place, place + 4 + extension


def scrambled_packets(data: bytes, *, is_noise: bool = True) -> bytes:
    """Returns a transport stream whose packets of sound are marked, as pay television does."""
    changed = bytearray(data)
    for place, content in contents(data, SOUND_STREAM):
        changed[place + 3] |= 0x80
        if is_noise:
            end = place + PACKET
            changed[content:end] = NOISE.bytes(end - content)
    return bytes(changed)


def scrambled_frames(data: bytes) -> bytes:
    """Returns one whose packets of frames are marked."""
    changed = bytearray(data)
    for place, content in contents(data, SOUND_STREAM):
        start = content
        if data[content:].startswith(b"\0\0\1"):
            changed[content + 6] |= 0x20
            start += 9 + data[content + 8]
        changed[start : place + PACKET] = NOISE.bytes(place + PACKET - start)
    return bytes(changed)


def sample_encryption(data: bytes) -> bytes:
    """Returns one whose table names AAC with SAMPLE-AES, as HLS has it."""
    changed = bytearray(scrambled_frames(data))
    for _, content in contents(data, PROGRAM_MAP_STREAM):
        start = content + 1
        length = 3 + int.from_bytes(data[start + 1 : start + 3], "big") % 4096
        table = bytearray(data[start : start + length])
        descriptors = int.from_bytes(table[10:12], "big") % 4096
        table[12 + descriptors] = 0xCF
        inverted = bytes(byte ^ 0xFF for byte in table[:4]) + bytes(table[4:-4])
        table[-4:] = ogg_checksum(inverted).to_bytes(4, "big")
        changed[start : start + length] = table
    for _, content in contents(data, SOUND_STREAM):
        if data[content:].startswith(b"\0\0\1"):
            changed[content + 6] &= ~0x30
    return bytes(changed)


def scrambled_program(data: bytes) -> bytes:
    """Returns a program stream whose packets of sound are marked, as on a DVD."""
    changed = bytearray(data)
    for match in re.finditer(rb"\0\0\x01\xc0", data):
        start = match.start()
        changed[start + 6] |= 0x10
        end = start + 6 + int.from_bytes(data[start + 4 : start + 6], "big")
        body = start + 9 + data[start + 8]
        changed[body:end] = NOISE.bytes(end - body)
    return bytes(changed)


def encrypted_tags(data: bytes) -> bytes:
    """Returns Flash video whose tags of sound are encrypted."""
    changed = bytearray(data)
    place = 13
    while place + 11 < len(data):
        end = place + 11 + int.from_bytes(data[place + 1 : place + 4], "big")
        if data[place] == 8:
            changed[place] |= 0x20
            changed[place + 12 : end] = NOISE.bytes(end - place - 12)
        place = end + 4
    return bytes(changed)
