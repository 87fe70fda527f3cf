"""The dialogue as plain text."""

from shared.formats.clock import clock_time
from shared.formats.text import split_paragraphs, utf8
from shared.model.transcript import Transcript


def write_txt(transcript: Transcript) -> bytes:
    """Returns the dialogue, one line per paragraph."""
    labels = {speaker.id: f"{speaker.label}: " for speaker in transcript.speakers}
    lines = []
    for paragraph in split_paragraphs(transcript.segments):
        time = clock_time(paragraph.start)
        label = labels.get(paragraph.speaker or "", "")
        line = f"[{time}] {label}{paragraph.text}\n"
        lines.append(line)
    document = "".join(lines)
    return utf8(document)
