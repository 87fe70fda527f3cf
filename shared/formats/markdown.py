"""The dialogue as Markdown (CommonMark), with the table of speakers as GitHub writes tables."""

import html
import re
from collections.abc import Iterable

from shared.formats.characters import printable
from shared.formats.clock import clock_time
from shared.formats.summary import (
    SPEAKER_HEADINGS,
    describe_recording,
    recording_file,
    speaker_rows,
)
from shared.formats.text import split_paragraphs, utf8
from shared.model.transcript import Transcript

MARKUP = re.compile(r"[\\`*_\[\]#~|$]")
"""What has a meaning inside a line. Every line begins with other signs, so nothing that has one at
its start needs a place here."""


def write_md(transcript: Transcript) -> bytes:
    """Returns a title, a line about the recording, its speakers, and the dialogue in paragraphs."""
    name = recording_file(transcript)
    title = escaped(name)
    facts = " · ".join(describe_recording(transcript))
    blocks = [f"# {title}", facts]
    rows = speaker_rows(transcript)
    if rows:
        lines = [table_line(SPEAKER_HEADINGS), "|---|--:|--:|--:|--:|"]
        for row in rows:
            line = table_line(map(escaped, row.cells))
            lines.append(line)
        blocks.append("\n".join(lines))

    labels = {row.speaker: f"**{escaped(row.label)}** " for row in rows if row.label}
    for paragraph in split_paragraphs(transcript.segments):
        speaker = paragraph.speaker or ""
        label = labels.get(speaker, "")
        time = clock_time(paragraph.start)
        shown = printable(paragraph.text)
        text = escaped(shown)
        blocks.append(f"{label}({time}) {text}")
    document = "\n\n".join(blocks)
    return utf8(document + "\n")


def table_line(cells: Iterable[str]) -> str:
    joined = " | ".join(cells)
    return f"| {joined} |"


def escaped(text: str) -> str:
    """Returns the text as Markdown that shows it as it is.

    Angle brackets are written as HTML does: a backslash before one is unknown to many programs.
    """
    without_tags = html.escape(text, quote=False)
    return MARKUP.sub(r"\\\g<0>", without_tags)
