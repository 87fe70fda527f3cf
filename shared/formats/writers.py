"""Writes the transcript in the formats that other programs read."""

import html
from collections.abc import Callable

from shared.formats.cues import Cue, build_cues
from shared.formats.json_formats import write_openai, write_whisperx
from shared.formats.nist import write_ctm, write_rttm
from shared.formats.text import split_paragraphs, utf8
from shared.model.transcript import Transcript
from shared.model.transcript_language import text_language


def write_srt(transcript: Transcript) -> bytes:
    """Returns SubRip captions, with the speaker's label where the speaker changes."""
    blocks = []
    previous_speaker = None
    for number, cue in enumerate(build_cues(transcript), start=1):
        label = cue.speaker if cue.speaker != previous_speaker else None
        lines = cue.lines(label)
        text = "\n".join(lines).replace("-->", "→")
        times = srt_times(cue)
        block = f"{number}\n{times}\n{text}\n"
        blocks.append(block)
        previous_speaker = cue.speaker
    document = "\n".join(blocks)
    return utf8(document)


def srt_times(cue: Cue) -> str:
    """Returns the cue's times as SubRip has them, with a decimal comma."""
    times = vtt_times(cue)
    return times.replace(".", ",")


def write_vtt(transcript: Transcript) -> bytes:
    """Returns WebVTT captions with the speaker as the voice of each.

    A cue's language is marked if it is not the one in the header.
    """
    language = text_language(transcript)
    header = "WEBVTT\n"
    if language:
        header += f"Language: {language}\n"
    blocks = [header]
    for cue in build_cues(transcript):
        block = vtt_cue(cue, language)
        blocks.append(block)
    document = "\n".join(blocks)
    return utf8(document)


def vtt_cue(cue: Cue, main_language: str | None) -> str:
    lines = "\n".join(cue.lines())
    text = vtt_escape(lines)
    if main_language and cue.language not in (None, main_language):
        text = f"<lang {cue.language}>{text}</lang>"
    if cue.speaker:
        speaker = vtt_escape(cue.speaker)
        text = f"<v {speaker}>{text}</v>"
    times = vtt_times(cue)
    return f"{times}\n{text}\n"


def vtt_times(cue: Cue) -> str:
    start = vtt_time(cue.start)
    end = vtt_time(cue.end)
    return f"{start} --> {end}"


def vtt_time(milliseconds: int) -> str:
    whole_seconds, rest = divmod(milliseconds, 1000)
    hours, minutes, seconds = divide_seconds(whole_seconds)
    clock = f"{hours:02}:{minutes:02}:{seconds:02}"
    return f"{clock}.{rest:03}"


def vtt_escape(text: str) -> str:
    return html.escape(text, quote=False)


def write_txt(transcript: Transcript) -> bytes:
    """Returns the dialogue, one line per paragraph."""
    labels = {speaker.id: f"{speaker.label}: " for speaker in transcript.speakers}
    lines = []
    for paragraph in split_paragraphs(transcript.segments):
        time = txt_time(paragraph.start)
        label = labels.get(paragraph.speaker or "", "")
        line = f"[{time}] {label}{paragraph.text}\n"
        lines.append(line)
    document = "".join(lines)
    return utf8(document)


def txt_time(seconds: float) -> str:
    whole_seconds = int(seconds)
    hours, minutes, rest = divide_seconds(whole_seconds)
    return f"{hours}:{minutes:02}:{rest:02}"


def divide_seconds(whole_seconds: int) -> tuple[int, int, int]:
    """Returns the hours, the minutes and the seconds of a time."""
    whole_minutes, seconds = divmod(whole_seconds, 60)
    hours, minutes = divmod(whole_minutes, 60)
    return hours, minutes, seconds


WRITERS: dict[str, Callable[[Transcript], bytes]] = {
    "srt": write_srt,
    "vtt": write_vtt,
    "txt": write_txt,
    "rttm": write_rttm,
    "ctm": write_ctm,
    "whisperx": write_whisperx,
    "openai": write_openai,
}
"""The function that writes each of `shared.model.formats.FORMATS`."""


def draw_format(name: str, transcript: Transcript) -> bytes:
    """Returns the transcript in one of `shared.model.formats.FORMATS`."""
    write = WRITERS[name]
    return write(transcript)
