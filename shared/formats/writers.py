"""Draws the transcript in the formats that people and other programs read."""

from collections.abc import Callable

from shared.formats.captions import write_srt, write_vtt
from shared.formats.csv_tables import write_csv, write_words_csv
from shared.formats.html_page import write_html
from shared.formats.json_formats import write_openai, write_whisperx
from shared.formats.lyrics import write_lrc
from shared.formats.markdown import write_md
from shared.formats.nist import write_ctm, write_rttm
from shared.formats.plain_text import write_txt
from shared.formats.text_grid import write_textgrid
from shared.model.caption_options import CaptionOptions
from shared.model.transcript import Transcript


def write_docx(transcript: Transcript) -> bytes:
    """Returns the document of Word. python-docx is imported with the first one, so that a cold
    start does not wait for it."""
    from shared.formats import word_document

    return word_document.write_docx(transcript)


def write_parquet(transcript: Transcript) -> bytes:
    """Returns the table of segments. PyArrow is imported with the first one, for the same
    reason."""
    from shared.formats import parquet_tables

    return parquet_tables.write_parquet(transcript)


def write_words_parquet(transcript: Transcript) -> bytes:
    """Returns the table of words."""
    from shared.formats import parquet_tables

    return parquet_tables.write_words_parquet(transcript)


CAPTION_WRITERS: dict[str, Callable[[Transcript, CaptionOptions], bytes]] = {
    "srt": write_srt,
    "vtt": write_vtt,
    "lrc": write_lrc,
}
"""The function that writes each format of captions."""
WRITERS: dict[str, Callable[[Transcript], bytes]] = {
    "txt": write_txt,
    "rttm": write_rttm,
    "ctm": write_ctm,
    "whisperx": write_whisperx,
    "openai": write_openai,
    "docx": write_docx,
    "html": write_html,
    "md": write_md,
    "csv": write_csv,
    "words-csv": write_words_csv,
    "parquet": write_parquet,
    "words-parquet": write_words_parquet,
    "textgrid": write_textgrid,
}
"""The function that writes each other format."""


def draw_format(name: str, transcript: Transcript, captions: CaptionOptions) -> bytes:
    """Returns the transcript in one of `shared.model.formats.FORMATS`."""
    if name in CAPTION_WRITERS:
        write_captions = CAPTION_WRITERS[name]
        return write_captions(transcript, captions)
    write = WRITERS[name]
    return write(transcript)
