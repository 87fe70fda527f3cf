"""The captions as LRC: lines of text that music players show in time with the sound."""

import re
from collections.abc import Sequence

from shared.formats.characters import printable
from shared.formats.clock import milliseconds
from shared.formats.cues import Cue, CueVoice, build_cues
from shared.formats.summary import recording_file
from shared.formats.text import utf8
from shared.model.caption_options import CaptionOptions
from shared.model.transcript import Transcript

PAUSE = 2000
"""Milliseconds without a caption from which on the last line is taken away. LRC knows no ends."""
TIME_MARK = re.compile(r"[\[<](\d+:\d+[^\]>]*)[\]>]")
"""What is read as a time wherever it is in a line."""


def write_lrc(transcript: Transcript, captions: CaptionOptions) -> bytes:
    """Returns a line for each caption, in the order of their times."""
    name = recording_file(transcript)
    title = without_brackets(name)
    duration = milliseconds(transcript.media.duration)
    length = lrc_time(duration)
    lines = [f"[ti:{title}]", f"[length:{length}]", "[re:Dropscribe]"]
    cues = build_cues(transcript, captions)
    for index, cue in enumerate(cues, start=1):
        line = lrc_line(cue)
        lines.append(line)
        next_cues = cues[index : index + 1]
        if is_last_before_pause(cue, next_cues):
            end = lrc_time(cue.end)
            lines.append(f"[{end}]")
    document = "\n".join(lines)
    return utf8(document + "\n")


def is_last_before_pause(cue: Cue, next_cues: Sequence[Cue]) -> bool:
    """Returns whether silence follows the caption for a while. `next_cues` is the next one, or
    nothing."""
    if not next_cues:
        return True
    pause = next_cues[0].start - cue.end
    return pause >= PAUSE


def lrc_line(cue: Cue) -> str:
    """Returns the caption on one line. Times inside what is said are in round brackets, and so is
    what is in square ones if the caption begins with one, which players take for a further time."""
    voices = map(voice_text, cue.voices)
    text = printable(" ".join(voices))
    if text.lstrip().startswith("["):
        text = without_brackets(text)
    shown = TIME_MARK.sub(r"(\1)", text)
    start = lrc_time(cue.start)
    return f"[{start}]{shown}"


def voice_text(voice: CueVoice) -> str:
    """Returns what one speaker says in a caption, after the label if one is shown."""
    text = ""
    for line in voice.lines:
        text += line.label
        text += line.speech
    return text


def lrc_time(time: int) -> str:
    """Returns a time of milliseconds in minutes, seconds and hundredths. LRC knows no hours."""
    hundredths = time // 10
    whole_seconds, part = divmod(hundredths, 100)
    minutes, seconds = divmod(whole_seconds, 60)
    clock = f"{minutes:02}:{seconds:02}"
    return f"{clock}.{part:02}"


def without_brackets(text: str) -> str:
    """Returns the text with round brackets in place of square ones, which enclose a tag."""
    opened = text.replace("[", "(")
    return opened.replace("]", ")")
