"""The segments and words of all chunks, with times from the start of the recording."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from operator import attrgetter

from shared.model.artifacts import (
    Aligned,
    AlignedSegment,
    AlignedWord,
    Chunk,
    Interval,
    Timing,
    Turn,
)
from shared.model.intervals import clamp
from shared.model.spacing import split_at_words, word_separator

MINIMUM_DURATION = 0.001
"""Seconds. A word without length is looked up among speaker turns as if it lasted this long."""

AlignedChunk = tuple[Chunk, Aligned]
"""A chunk, and align's result for it."""


@dataclass(frozen=True)
class TimedWord:
    """A word with its times in the recording, in seconds."""

    word: str
    start: float
    end: float
    score: float | None
    confidence: float | None
    timing: Timing
    space: str = ""
    """The space that follows the word in its segment's text, if any."""

    @property
    def nonempty_end(self) -> float:
        """Returns `end`, but at least MINIMUM_DURATION after `start`."""
        shortest_end = self.start + MINIMUM_DURATION
        return max(self.end, shortest_end)


@dataclass(frozen=True)
class TimedSegment:
    """A segment of align's output with its times in the recording, in seconds."""

    start: float
    end: float
    channel: int | None
    aligned: AlignedSegment
    words: tuple[TimedWord, ...] = ()
    """Empty for a suspect segment, whose words would displace those around it."""

    @property
    def language(self) -> str | None:
        return self.aligned.language

    @property
    def is_suspect(self) -> bool:
        """Returns whether the recogniser probably wrote what was never said."""
        return self.aligned.is_suspect


def to_recording_time(chunks: Sequence[Chunk], aligned: Sequence[Aligned]) -> list[TimedSegment]:
    """Returns the segments of all chunks, one channel after the other.

    Each word lies inside its chunk and starts no earlier than the word before it ends. Where the
    aligner's times contradict the order of the text, the order is kept and the times are changed.
    """
    parts_of_channel: dict[int | None, list[AlignedChunk]] = defaultdict(list)
    for chunk, output in zip(chunks, aligned, strict=True):
        part = (chunk, output)
        parts = parts_of_channel[chunk.channel]
        parts.append(part)

    segments: list[TimedSegment] = []
    for parts in parts_of_channel.values():
        segments += channel_segments(parts)
    return segments


def channel_segments(parts: Iterable[AlignedChunk]) -> list[TimedSegment]:
    """Returns the segments of one channel, given its chunks in order of time."""
    segments: list[TimedSegment] = []
    words: list[TimedWord] = []
    segment_indices: list[int] = []
    earliest = 0.0
    for chunk, output in parts:
        first_segment = len(segments)
        segments += [time_segment(segment, chunk) for segment in output.segments]
        for aligned_word, space in words_with_spaces(output):
            index = first_segment + aligned_word.segment
            if segments[index].is_suspect:
                continue
            timed = time_word(aligned_word, chunk, earliest)
            word = replace(timed, space=space)
            earliest = word.start
            words.append(word)
            segment_indices.append(index)

    disjoint_words = end_before_next(words)
    words_of_segment: dict[int, list[TimedWord]] = defaultdict(list)
    for index, word in zip(segment_indices, disjoint_words, strict=True):
        words_of_segment[index].append(word)
    return with_words(segments, words_of_segment)


def with_words(
    segments: Sequence[TimedSegment], words_of_segment: Mapping[int, Sequence[TimedWord]]
) -> list[TimedSegment]:
    """Returns the segments with their words, which are given by the segments' indices."""
    completed = []
    for index, segment in enumerate(segments):
        own_words = words_of_segment.get(index, ())
        words = tuple(own_words)
        complete = replace(segment, words=words)
        completed.append(complete)
    return completed


def words_with_spaces(output: Aligned) -> Iterator[tuple[AlignedWord, str]]:
    """Yields each word with the space, or nothing, that follows it in its segment's text."""
    segment_of = attrgetter("segment")
    in_order = sorted(output.words, key=segment_of)
    for index, group in groupby(in_order, key=segment_of):
        segment = output.segments[index]
        words = list(group)
        spellings = [word.word for word in words]
        separator = word_separator(segment.language)
        pieces = split_at_words(segment.text, spellings, separator)
        for word, piece in zip(words, pieces, strict=True):
            last_character = piece[-1:]
            space = " " if last_character.isspace() else ""
            yield word, space


def time_segment(segment: AlignedSegment, chunk: Chunk) -> TimedSegment:
    """Returns the segment of a chunk in recording time."""
    interval = place_in_recording(segment, chunk)
    return TimedSegment(
        start=interval.start,
        end=max(interval.start, interval.end),
        channel=chunk.channel,
        aligned=segment,
    )


def place_in_recording(times: AlignedSegment | Turn | Interval, part: Chunk | Interval) -> Interval:
    """Returns times that count from the start of a part in recording time, inside the part."""
    start = clamp(part.start + times.start, part)
    end = clamp(part.start + times.end, part)
    return Interval(start=start, end=end)


def time_word(word: AlignedWord, chunk: Chunk, earliest: float) -> TimedWord:
    """Returns the word inside its chunk and not before `earliest`, marked if that moved it."""
    aligned_start = chunk.start + word.start
    aligned_end = chunk.start + word.end
    start = max(earliest, clamp(aligned_start, chunk))
    end = max(start, clamp(aligned_end, chunk))

    timing = word.timing
    shifts = abs(start - aligned_start), abs(end - aligned_end)
    if max(shifts) > MINIMUM_DURATION:
        timing = "clamped"
    return TimedWord(
        word=word.word,
        start=start,
        end=end,
        score=word.score,
        confidence=word.confidence,
        timing=timing,
    )


def end_before_next(words: Sequence[TimedWord]) -> Iterator[TimedWord]:
    """Yields the words, each ending at the latest where the next one starts."""
    for word, next_word in pairwise(words):
        if word.end > next_word.start:
            yield replace(word, end=next_word.start, timing="clamped")
        else:
            yield word
    yield from words[-1:]
