"""Captions as SubRip and WebVTT."""

import html

from shared.formats.clock import divide_seconds
from shared.formats.cues import Cue, build_cues
from shared.formats.text import utf8
from shared.model.caption_options import CaptionOptions
from shared.model.transcript import Transcript
from shared.model.transcript_language import text_language


def write_srt(transcript: Transcript, captions: CaptionOptions) -> bytes:
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


def write_vtt(transcript: Transcript, captions: CaptionOptions) -> bytes:
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
