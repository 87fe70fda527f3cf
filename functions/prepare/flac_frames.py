"""Which sample of the stream a frame of FLAC begins with, by the number in its header."""

FIXED_BLOCKS, VARIABLE_BLOCKS = b"\xff\xf8", b"\xff\xf9"
"""The first bytes of a frame whose number counts frames of one length, or samples."""
NUMBER_PLACE = 4
BLOCK_SAMPLES = slice(2, 4)
"""Where the header of a FLAC file says how many samples a frame has at most."""


def first_sample(frame: bytes, header: bytes) -> int:
    """Returns how many samples come before a frame; 0 if it does not tell.

    `header` is the STREAMINFO of its file.
    """
    number = coded_number(frame[NUMBER_PLACE:])
    if frame.startswith(VARIABLE_BLOCKS):
        return number
    if not frame.startswith(FIXED_BLOCKS):
        return 0
    block = int.from_bytes(header[BLOCK_SAMPLES], "big")
    return number * block


def coded_number(data: bytes) -> int:
    """Returns the number that begins these bytes in the extended UTF-8 of FLAC; 0 if none does."""
    if not data:
        return 0
    first_byte = data[0]
    ones = 8 - (first_byte ^ 0xFF).bit_length()
    if not ones:
        return first_byte
    following = data[1:ones]
    if ones == 1 or len(following) != ones - 1:
        return 0
    number = first_byte & (0x7F >> ones)
    for byte in following:
        number = number << 6 | byte & 0x3F
    return number
