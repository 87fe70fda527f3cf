"""The answer in the formats that other programs read."""

from collections.abc import Callable

from functions.finalize.answer.text_language import written_in
from functions.finalize.formats.cues import Cue, cues, lines
from functions.finalize.formats.openai_json import openai
from functions.finalize.formats.text import paragraphs
from functions.finalize.formats.whisperx_json import whisperx
from shared.model.transcript import Transcript, Word


def srt(transcript: Transcript) -> str:
    """SubRip. It knows no speakers: the label stands before the text where the speaker changes."""
    blocks = []
    before = None
    for number, cue in enumerate(cues(transcript), start=1):
        prefix = f"{cue.speaker}: " if cue.speaker and cue.speaker != before else ""
        text = "\n".join(lines(prefix + cue.text.replace("-->", "→")))
        blocks.append(f"{number}\n{clock(cue.start, ',')} --> {clock(cue.end, ',')}\n{text}\n")
        before = cue.speaker
    return "\n".join(blocks)


def vtt(transcript: Transcript) -> str:
    """WebVTT, each cue in its speaker's voice, and marked where its language is not the one that
    the header names."""
    language = written_in(transcript)
    header = f"WEBVTT\nLanguage: {language}\n" if language else "WEBVTT\n"
    return "\n".join([header, *(voiced(cue, language) for cue in cues(transcript))])


def voiced(cue: Cue, language: str | None) -> str:
    text = escaped("\n".join(lines(cue.text)))
    if language and cue.language not in (None, language):
        text = f"<lang {cue.language}>{text}</lang>"
    if cue.speaker:
        text = f"<v {escaped(cue.speaker)}>{text}</v>"
    return f"{clock(cue.start, '.')} --> {clock(cue.end, '.')}\n{text}\n"


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def clock(milliseconds: int, mark: str) -> str:
    minutes, rest = divmod(milliseconds, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}{mark}{rest % 1000:03}"


def txt(transcript: Transcript) -> str:
    """The dialogue, a paragraph a line."""
    labels = {speaker.id: f"{speaker.label}: " for speaker in transcript.speakers}
    return "".join(
        f"[{brief(paragraph.start)}] {labels.get(paragraph.speaker or '', '')}{paragraph.text}\n"
        for paragraph in paragraphs(transcript.segments)
    )


def brief(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}"


def rttm(transcript: Transcript) -> str:
    """NIST's Rich Transcription Time Marked: a line a speaker turn."""
    job = transcript.job.id
    channels = {segment.speaker: number(segment.channel) for segment in transcript.segments}
    return "".join(
        f"SPEAKER {job} {channels.get(turn.speaker, 1)} {turn.start:.3f} {turn.end - turn.start:.3f} "
        f"<NA> <NA> {turn.speaker} <NA> <NA>\n"
        for turn in transcript.turns
    )


def ctm(transcript: Transcript) -> str:
    """NIST's time-marked conversation: a line a word, channel by channel, with its confidence where
    it is known."""
    in_order = sorted(transcript.words, key=lambda word: number(word.channel))
    return "".join(f"{transcript.job.id} {marked(word)}\n" for word in in_order)


def marked(word: Word) -> str:
    times = f"{number(word.channel)} {word.start:.3f} {word.end - word.start:.3f}"
    confidence = "" if word.confidence is None else f" {word.confidence:.4f}"
    return f"{times} {''.join(word.word.split())}{confidence}"


def number(channel: int | None) -> int:
    """NIST counts channels from 1; the mix of all is 1, too."""
    return 1 if channel is None else channel + 1


FORMATS: dict[str, Callable[[Transcript], str]] = {
    "srt": srt,
    "vtt": vtt,
    "txt": txt,
    "rttm": rttm,
    "ctm": ctm,
    "whisperx": whisperx,
    "openai": openai,
}
"""By the name that the option `formats` has for it."""
