"""Writes the transcript in the formats that other programs read."""

from collections.abc import Callable

from functions.finalize.formats.cues import Cue, build_cues, wrap_lines
from functions.finalize.formats.json_formats import write_openai, write_whisperx
from functions.finalize.formats.text import split_paragraphs, text_language
from shared.model.artifacts import Turn
from shared.model.transcript import Transcript, Word


def write_srt(transcript: Transcript) -> str:
    """Returns SubRip captions, with the speaker's label where the speaker changes."""
    blocks = []
    previous_speaker = None
    for number, cue in enumerate(build_cues(transcript), start=1):
        is_new_speaker = cue.speaker is not None and cue.speaker != previous_speaker
        label = f"{cue.speaker}: " if is_new_speaker else ""
        text = label + cue.text.replace("-->", "→")
        blocks.append(f"{number}\n{srt_times(cue)}\n{join_lines(text)}\n")
        previous_speaker = cue.speaker
    return "\n".join(blocks)


def srt_times(cue: Cue) -> str:
    """Returns the cue's times as SubRip has them, with a decimal comma."""
    return vtt_times(cue).replace(".", ",")


def join_lines(text: str) -> str:
    return "\n".join(wrap_lines(text))


def write_vtt(transcript: Transcript) -> str:
    """Returns WebVTT captions with the speaker as the voice of each.

    A cue's language is marked if it is not the one in the header.
    """
    language = text_language(transcript)
    header = f"WEBVTT\nLanguage: {language}\n" if language else "WEBVTT\n"
    blocks = [vtt_cue(cue, language) for cue in build_cues(transcript)]
    return "\n".join([header, *blocks])


def vtt_cue(cue: Cue, main_language: str | None) -> str:
    text = vtt_escape(join_lines(cue.text))
    if main_language and cue.language not in (None, main_language):
        text = f"<lang {cue.language}>{text}</lang>"
    if cue.speaker:
        text = f"<v {vtt_escape(cue.speaker)}>{text}</v>"
    return f"{vtt_times(cue)}\n{text}\n"


def vtt_times(cue: Cue) -> str:
    return f"{vtt_time(cue.start)} --> {vtt_time(cue.end)}"


def vtt_time(milliseconds: int) -> str:
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}"


def vtt_escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def write_txt(transcript: Transcript) -> str:
    """Returns the dialogue, one line per paragraph."""
    labels = {speaker.id: f"{speaker.label}: " for speaker in transcript.speakers}
    lines = []
    for paragraph in split_paragraphs(transcript.segments):
        label = labels.get(paragraph.speaker or "", "")
        lines.append(f"[{txt_time(paragraph.start)}] {label}{paragraph.text}\n")
    return "".join(lines)


def txt_time(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


def write_rttm(transcript: Transcript) -> str:
    """Returns NIST's Rich Transcription Time Marked, one line per speaker turn."""
    channels = {segment.speaker: segment.channel for segment in transcript.segments}
    lines = []
    for turn in transcript.turns:
        channel = nist_channel(channels.get(turn.speaker))
        lines.append(rttm_line(transcript.job.id, channel, turn))
    return "".join(lines)


def rttm_line(file: str, channel: int, turn: Turn) -> str:
    times = f"{turn.start:.3f} {turn.end - turn.start:.3f}"
    return f"SPEAKER {file} {channel} {times} <NA> <NA> {turn.speaker} <NA> <NA>\n"


def write_ctm(transcript: Transcript) -> str:
    """Returns NIST's Conversation Time Marked: one line per word, channel by channel."""
    by_channel = sorted(transcript.words, key=lambda word: nist_channel(word.channel))
    lines = [ctm_line(transcript.job.id, word) for word in by_channel]
    return "".join(lines)


def ctm_line(file: str, word: Word) -> str:
    """Returns the word's line, with its confidence if it is known."""
    times = f"{word.start:.3f} {word.end - word.start:.3f}"
    spelling = "".join(word.word.split())
    confidence = "" if word.confidence is None else f" {word.confidence:.4f}"
    return f"{file} {nist_channel(word.channel)} {times} {spelling}{confidence}\n"


def nist_channel(channel: int | None) -> int:
    """Returns NIST's number of a channel, from 1. The mix of all channels is 1, too."""
    return 1 if channel is None else channel + 1


WRITERS: dict[str, Callable[[Transcript], str]] = {
    "srt": write_srt,
    "vtt": write_vtt,
    "txt": write_txt,
    "rttm": write_rttm,
    "ctm": write_ctm,
    "whisperx": write_whisperx,
    "openai": write_openai,
}
"""The function that writes each of `shared.model.formats.FORMATS`."""
