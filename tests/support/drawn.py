"""Draws a transcript in a text format, for tests that read it."""

from shared.formats.writers import draw_format
from shared.model.transcript import Transcript


def drawn(name: str, transcript: Transcript) -> str:
    """Returns the transcript in the format, decoded."""
    content = draw_format(name, transcript)
    return content.decode()
