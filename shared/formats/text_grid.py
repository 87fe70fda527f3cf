"""Sentences and words of each speaker as a TextGrid, which Praat and other tools of phonetics read.

Times are in milliseconds until they are written.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from shared.formats.characters import printable
from shared.formats.clock import milliseconds
from shared.formats.text import utf8
from shared.model.transcript import Transcript

NO_SPEAKER = "No speaker"
"""Name of the tiers of what has no speaker."""


@dataclass(frozen=True)
class GridInterval:
    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Tier:
    """Intervals in order, none of which overlap."""

    name: str
    intervals: Sequence[GridInterval]


SpokenBySpeaker = dict[str | None, list[GridInterval]]


def write_textgrid(transcript: Transcript) -> bytes:
    """Returns a TextGrid in its long form, with two tiers per speaker."""
    tiers = list(speaker_tiers(transcript))
    ends = [tier.intervals[-1].end for tier in tiers if tier.intervals]
    duration = milliseconds(transcript.media.duration)
    latest = max(1, duration, *ends)  # Praat reads no TextGrid without a duration
    lines = [
        'File type = "ooTextFile"',
        'Object class = "TextGrid"',
        "",
        "xmin = 0",
        f"xmax = {grid_time(latest)}",
        "tiers? <exists>",
        f"size = {len(tiers)}",
        "item []:",
    ]
    for number, tier in enumerate(tiers, start=1):
        lines.append(f"    item [{number}]:")
        lines += tier_lines(tier, latest)
    lines.append("")
    document = "\n".join(lines)
    return utf8(document)


def speaker_tiers(transcript: Transcript) -> Iterator[Tier]:
    """Yields the tiers of sentences and of words of each speaker who says something. Without
    speech, these are the two of no speaker, since Praat reads no TextGrid without a tier."""
    sentences = sentences_by_speaker(transcript)
    words = words_by_speaker(transcript)
    names = tier_names(transcript)
    spoken = sentences.keys() | words.keys()
    speaking = [speaker for speaker in names if speaker in spoken]
    for speaker in speaking or [None]:
        name = names[speaker]
        sentence_intervals = without_overlaps(sentences[speaker])
        yield Tier(f"{name} - sentences", sentence_intervals)
        word_intervals = without_overlaps(words[speaker])
        yield Tier(f"{name} - words", word_intervals)


def sentences_by_speaker(transcript: Transcript) -> SpokenBySpeaker:
    spoken: SpokenBySpeaker = defaultdict(list)
    for segment in transcript.segments:
        interval = grid_interval(segment.start, segment.end, segment.text)
        spoken[segment.speaker].append(interval)
    return spoken


def words_by_speaker(transcript: Transcript) -> SpokenBySpeaker:
    spoken: SpokenBySpeaker = defaultdict(list)
    for word in transcript.words:
        interval = grid_interval(word.start, word.end, word.word)
        spoken[word.speaker].append(interval)
    return spoken


def grid_interval(start: float, end: float, text: str) -> GridInterval:
    """Returns an interval. `start` and `end` are in seconds."""
    return GridInterval(
        start=milliseconds(start),
        end=milliseconds(end),
        text=printable(text),
    )


def tier_names(transcript: Transcript) -> dict[str | None, str]:
    """Returns what the tiers of each speaker are called, by the speaker's id. All are different."""
    names: dict[str | None, str] = {}
    for speaker in transcript.speakers:
        name = printable(speaker.label)
        while name in (*names.values(), NO_SPEAKER, ""):
            name += f" ({speaker.id})"
        names[speaker.id] = name
    names[None] = NO_SPEAKER
    return names


def without_overlaps(spoken: Sequence[GridInterval]) -> list[GridInterval]:
    """Returns the intervals in order of time, each with at least a millisecond.

    One ends where the next one starts, if it would end later. Of two that start at once, the second
    starts a millisecond later.
    """
    in_order = sorted(spoken, key=lambda interval: interval.start)
    next_starts = [interval.start for interval in in_order[1:]]
    last_ends = [interval.end for interval in in_order[-1:]]
    placed = []
    earliest = 0
    for interval, next_start in zip(in_order, next_starts + last_ends, strict=True):
        start = max(interval.start, earliest)
        shortest_end = start + 1
        end = max(min(interval.end, next_start), shortest_end)
        placed.append(GridInterval(start, end, interval.text))
        earliest = end
    return placed


def tier_lines(tier: Tier, duration: int) -> list[str]:
    """Returns the tier as Praat writes it, with an empty interval for each gap."""
    intervals = list(with_gaps(tier.intervals, duration))
    lines = [
        '        class = "IntervalTier"',
        f'        name = "{quoted(tier.name)}"',
        "        xmin = 0",
        f"        xmax = {grid_time(duration)}",
        f"        intervals: size = {len(intervals)}",
    ]
    for number, interval in enumerate(intervals, start=1):
        lines += [
            f"        intervals [{number}]:",
            f"            xmin = {grid_time(interval.start)}",
            f"            xmax = {grid_time(interval.end)}",
            f'            text = "{quoted(interval.text)}"',
        ]
    return lines


def with_gaps(intervals: Sequence[GridInterval], duration: int) -> Iterator[GridInterval]:
    """Yields the intervals, and an empty one wherever no interval is up to the duration."""
    end = 0
    for interval in intervals:
        if interval.start > end:
            yield GridInterval(end, interval.start, "")
        yield interval
        end = interval.end
    if duration > end:
        yield GridInterval(end, duration, "")


def grid_time(time: int) -> str:
    """Returns a time of milliseconds in seconds."""
    return f"{time / 1000:.3f}"


def quoted(text: str) -> str:
    """Returns the text as it is written between quotes."""
    return text.replace('"', '""')
