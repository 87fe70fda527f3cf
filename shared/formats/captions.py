"""Captions as SubRip and WebVTT."""

import html
from collections.abc import Sequence

from shared.formats.clock import divide_seconds
from shared.formats.cues import Cue, CueVoice, build_cues
from shared.formats.text import utf8
from shared.model.caption_options import CaptionOptions
from shared.model.spacing import one_line
from shared.model.transcript import Transcript
from shared.model.transcript_language import text_language


def write_srt(transcript: Transcript, captions: CaptionOptions) -> bytes:
    """Returns SubRip captions."""
    blocks = []
    for number, cue in enumerate(build_cues(transcript, captions), start=1):
        text = "\n".join(cue.lines).replace("-->", "→")
        times = srt_times(cue)
        block = f"{number}\n{times}\n{text}\n"
        blocks.append(block)
    document = "\n".join(blocks)
    return utf8(document)


def srt_times(cue: Cue) -> str:
    """Returns the cue's times as SubRip has them, with a decimal comma."""
    times = vtt_times(cue)
    return times.replace(".", ",")


def write_vtt(transcript: Transcript, captions: CaptionOptions) -> bytes:
    """Returns WebVTT captions with the speaker as the voice of each.

    Players do not show the voice, so labels are part of the text as in SubRip. A cue's language is
    marked if it is not the one in the header.
    """
    language = text_language(transcript)
    header = "WEBVTT\n"
    if language:
        header += f"Language: {language}\n"
    blocks = [header]
    for cue in build_cues(transcript, captions):
        block = vtt_cue(cue, language, captions)
        blocks.append(block)
    document = "\n".join(blocks)
    return utf8(document)


def vtt_cue(cue: Cue, main_language: str | None, captions: CaptionOptions) -> str:
    voices = []
    for voice in cue.voices:
        lines = vtt_lines(voice)
        if captions.caption_words:
            lines = timed_lines(voice, cue)
        text = vtt_voice(voice, lines, main_language)
        voices.append(text)
    text = "\n".join(voices)
    times = vtt_times(cue)
    return f"{times}\n{text}\n"


def vtt_voice(voice: CueVoice, lines: Sequence[str], main_language: str | None) -> str:
    """Returns the lines in WebVTT's tags of a language and a voice."""
    text = "\n".join(lines)
    if main_language and voice.language not in (None, main_language):
        text = f"<lang {voice.language}>{text}</lang>"
    if voice.speaker:
        speaker = vtt_escape(one_line(voice.speaker))
        text = f"<v {speaker}>{text}</v>"
    return text


def vtt_lines(voice: CueVoice) -> list[str]:
    texts = [line.text for line in voice.lines]
    return list(map(vtt_escape, texts))


def timed_lines(voice: CueVoice, cue: Cue) -> list[str]:
    """Returns the lines with the time at which each word begins, where it is inside the cue and
    later than the one before it, as WebVTT demands."""
    lines = []
    latest = cue.start
    for line in voice.lines:
        text = vtt_escape(line.label)
        for piece in line.pieces:
            if latest < piece.start < cue.end:
                time = vtt_time(piece.start)
                text += f"<{time}>"
                latest = piece.start
            space = " " if piece.text[-1:].isspace() else ""
            word = one_line(piece.text)
            text += vtt_escape(word) + space
        lines.append(text.rstrip())
    return lines


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
