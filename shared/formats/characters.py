"""Text that any document can hold: on one line, and without control characters."""

import re

from shared.model.spacing import one_line

CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f]")
"""Characters that XML forbids or that have no meaning in a text, without those that are white
space."""
NO_CHARACTER = re.compile("[\ud800-\udfff\ufffe\uffff]")
"""Lone surrogates, which no encoding holds, and two numbers that are no characters."""


def printable(text: str) -> str:
    """Returns the text on one line, without control characters, and with U+FFFD for what is no
    character."""
    without_control = CONTROL.sub("", text)
    line = one_line(without_control)
    return NO_CHARACTER.sub("\ufffd", line)


def printable_piece(text: str) -> str:
    """Returns a piece of a longer text as it can be printed, with the space at its end."""
    line = printable(text)
    if text[-1:].isspace():
        return line + " "
    return line
