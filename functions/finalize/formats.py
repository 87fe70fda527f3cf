"""The answer in the formats that other programs read."""

from collections.abc import Callable

from functions.finalize.cues import Cue, cues, lines
from functions.finalize.text import paragraphs
from shared.transcript import Transcript


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
    """WebVTT, each cue in its speaker's voice."""
    return "\n".join(["WEBVTT\n", *(voiced(cue) for cue in cues(transcript))])


def voiced(cue: Cue) -> str:
    text = escaped("\n".join(lines(cue.text)))
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
    return "".join(
        f"SPEAKER {job} 1 {turn.start:.3f} {turn.end - turn.start:.3f} <NA> <NA> {turn.speaker} <NA> <NA>\n"
        for turn in transcript.turns
    )


def ctm(transcript: Transcript) -> str:
    """NIST's time-marked conversation: a line a word, with its confidence where it is known."""
    return "".join(
        f"{transcript.job.id} 1 {word.start:.3f} {word.end - word.start:.3f} {''.join(word.word.split())}"
        f"{'' if word.confidence is None else f' {word.confidence:.4f}'}\n"
        for word in transcript.words
    )


FORMATS: dict[str, Callable[[Transcript], str]] = {"srt": srt, "vtt": vtt, "txt": txt, "rttm": rttm, "ctm": ctm}
"""By the ending of the file's name."""
