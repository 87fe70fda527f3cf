"""Draws the transcript in the formats that people and other programs read."""

from collections.abc import Callable

from shared.formats.captions import write_srt, write_vtt
from shared.formats.json_formats import write_openai, write_whisperx
from shared.formats.nist import write_ctm, write_rttm
from shared.formats.plain_text import write_txt
from shared.model.caption_options import CaptionOptions
from shared.model.transcript import Transcript

CAPTION_WRITERS: dict[str, Callable[[Transcript, CaptionOptions], bytes]] = {
    "srt": write_srt,
    "vtt": write_vtt,
}
"""The function that writes each format of captions."""
WRITERS: dict[str, Callable[[Transcript], bytes]] = {
    "txt": write_txt,
    "rttm": write_rttm,
    "ctm": write_ctm,
    "whisperx": write_whisperx,
    "openai": write_openai,
}
"""The function that writes each other format."""


def draw_format(name: str, transcript: Transcript, captions: CaptionOptions) -> bytes:
    """Returns the transcript in one of `shared.model.formats.FORMATS`."""
    if name in CAPTION_WRITERS:
        write_captions = CAPTION_WRITERS[name]
        return write_captions(transcript, captions)
    write = WRITERS[name]
    return write(transcript)
