"""NIST's formats for scoring: speaker turns as RTTM, and words as CTM.

Both name the recording as references do: its name without folders and extension.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise
from pathlib import PurePosixPath

from shared.formats.text import utf8
from shared.model.artifacts import Turn
from shared.model.transcript import Transcript, Word

NOT_IN_NAMES = re.compile(r"[\s;]")
"""White space separates the fields of a line, and two semicolons start a comment."""
SPOKEN_SYMBOLS = frozenset("%‰&@#+=°")
"""Symbols, beside those of currencies, that are read aloud."""
APOSTROPHES = "'’"
JOINERS = "-‑.\u00ad\u200c\u200d"
"""Marks that are kept between two letters or digits, as in "well-known" and "example.com". The last
three are invisible: the soft hyphen, and those that part and join letters of Persian or Hindi."""
NUMBER_JOINERS = ",:/"
"""Marks that are kept between two digits, as in "10,000" and "10:30"."""
INITIALS = re.compile(r"[^\W\d_](\.[^\W\d_])+")
"""Letters with full stops between them, as in "u.s"."""


def recording_name(transcript: Transcript) -> str:
    """Returns the recording's base name without its extension, with "_" for each space."""
    path = PurePosixPath(transcript.job.source_uri)
    return NOT_IN_NAMES.sub("_", path.stem)


def nist_channel(channel: int | None) -> int:
    """Returns NIST's number of a channel, from 1. The mix of all channels is 1, too."""
    if channel is None:
        return 1
    return channel + 1


def write_rttm(transcript: Transcript) -> bytes:
    """Returns NIST's Rich Transcription Time Marked, one line per speaker turn."""
    file = recording_name(transcript)
    channels = {segment.speaker: segment.channel for segment in transcript.segments}
    lines = []
    for turn in transcript.turns:
        channel = channels.get(turn.speaker)
        line = rttm_line(file, channel, turn)
        lines.append(line)
    document = "".join(lines)
    return utf8(document)


def rttm_line(file: str, channel: int | None, turn: Turn) -> str:
    number = nist_channel(channel)
    duration = turn.end - turn.start
    times = f"{turn.start:.3f} {duration:.3f}"
    return f"SPEAKER {file} {number} {times} <NA> <NA> {turn.speaker} <NA> <NA>\n"


def write_ctm(transcript: Transcript) -> bytes:
    """Returns NIST's Conversation Time Marked: one line per word, channel by channel.

    Words are written as scoring programs compare them: in lower case and without punctuation.
    """
    file = recording_name(transcript)
    by_channel = sorted(transcript.words, key=lambda word: nist_channel(word.channel))
    lines: list[str] = []
    for word in by_channel:
        lines += ctm_lines(file, word)
    document = "".join(lines)
    return utf8(document)


def ctm_lines(file: str, word: Word) -> Iterator[str]:
    """Yields the word's line, with its confidence if it is known.

    A word with a space or a dash inside has several lines; one of punctuation only has none.
    """
    number = nist_channel(word.channel)
    confidence = ""
    if word.confidence is not None:
        confidence = f" {word.confidence:.3f}"
    for part in divide_spoken(word):
        times = f"{part.start:.3f} {part.duration:.3f}"
        yield f"{file} {number} {times} {part.text}{confidence}\n"


@dataclass(frozen=True)
class SpokenPart:
    """A word as it is scored. Times are in seconds."""

    text: str
    start: float
    duration: float


def divide_spoken(word: Word) -> list[SpokenPart]:
    """Returns the parts of a word that are scored, which share its time by their lengths."""
    texts = spoken_parts(word.word)
    lengths = map(len, texts)
    positions = list(accumulate(lengths, initial=0))
    length = max(positions[-1], 1)
    duration = word.end - word.start
    parts = []
    for text, (first, last) in zip(texts, pairwise(positions), strict=True):
        start = word.start + duration * first / length
        share = duration * (last - first) / length
        part = SpokenPart(text, start, share)
        parts.append(part)
    return parts


def spoken_parts(word: str) -> list[str]:
    """Returns the word in lower case and without punctuation, in parts where a mark parts it.

    Apostrophes, hyphens and the marks of numbers stay, full stops of abbreviations do not.
    """
    text = scored_characters(word).lower()
    parts = []
    for run in text.split():
        part = strip_quotes(run, word)
        if part:
            joined = join_initials(part)
            parts.append(joined)
    return parts


def scored_characters(word: str) -> str:
    """Returns the word with a space in place of each character that is not scored."""
    kept = []
    before = ""
    for position, character in enumerate(word, start=1):
        after = word[position : position + 1]
        scored = kept_character(character, before, after)
        kept.append(scored)
        before = character
    return "".join(kept)


def kept_character(character: str, before: str, after: str) -> str:
    """Returns the character as it is scored: a space if it is not."""
    beside = before + after
    if is_spoken(character):
        return character
    if character in APOSTROPHES and any(map(is_spoken, beside)):
        return "'"
    is_between = len(beside) == 2 and all(map(is_spoken, beside))
    if not is_between:
        return " "
    if character in JOINERS:
        return character
    if character in NUMBER_JOINERS and beside.isdecimal():
        return character
    return " "


def is_spoken(character: str) -> bool:
    """Returns whether it is a letter, its accent, a digit or a symbol that is read aloud."""
    if character in SPOKEN_SYMBOLS:
        return True
    category = unicodedata.category(character)
    return category[0] in "LMN" or category == "Sc"


def strip_quotes(part: str, word: str) -> str:
    """Returns the part of a word without the apostrophes that are quotes: one at each end."""
    is_opened = part.startswith("'") or "‘" in word
    is_closed = part.endswith("'")
    if is_opened and is_closed:
        return part.strip("'")
    return part


def join_initials(part: str) -> str:
    if INITIALS.fullmatch(part):
        return part.replace(".", "")
    return part
