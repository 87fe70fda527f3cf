"""The captions as LRC: lines of text that music players show in time with the sound."""

import re

from shared.formats.characters import printable
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
    title = without_brackets(recording_file(transcript))
    duration = round(transcript.media.duration * 1000)
    lines = [f"[ti:{title}]", f"[length:{lrc_time(duration)}]", "[re:Dropscribe]"]
    cues = build_cues(transcript, captions)
    next_starts = [cue.start for cue in cues[1:]]
    for cue, next_start in zip(cues, [*next_starts, None], strict=False):
        lines.append(lrc_line(cue))
        if next_start is None or next_start - cue.end >= PAUSE:
            lines.append(f"[{lrc_time(cue.end)}]")
    document = "\n".join(lines)
    return utf8(document + "\n")


def lrc_line(cue: Cue) -> str:
    """Returns the caption on one line. Times inside what is said are in round brackets."""
    voices = map(voice_text, cue.voices)
    text = printable(" ".join(voices))
    shown = TIME_MARK.sub(r"(\1)", text)
    return f"[{lrc_time(cue.start)}]{shown}"


def voice_text(voice: CueVoice) -> str:
    """Returns what one speaker says in a caption, after the label if one is shown."""
    return "".join(line.label + line.speech for line in voice.lines)


def lrc_time(milliseconds: int) -> str:
    """Returns the time in minutes, seconds and hundredths. LRC knows no hours."""
    whole_minutes, rest = divmod(milliseconds, 60_000)
    hundredths = rest // 10
    seconds, part = divmod(hundredths, 100)
    return f"{whole_minutes:02}:{seconds:02}.{part:02}"


def without_brackets(text: str) -> str:
    """Returns the text with round brackets in place of square ones, which enclose a tag."""
    return text.replace("[", "(").replace("]", ")")
