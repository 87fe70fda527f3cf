"""Draws a transcript in a text format, for tests that read it."""

from shared.formats.writers import draw_format
from shared.model.caption_options import CaptionOptions
from shared.model.transcript import Transcript

AS_DEFAULT = CaptionOptions()


def drawn(name: str, transcript: Transcript, captions: CaptionOptions = AS_DEFAULT) -> str:
    """Returns the transcript in the format, decoded."""
    content = draw_format(name, transcript, captions)
    return content.decode()
