"""The segments and words of all chunks, with times from the start of the recording."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from operator import attrgetter

from shared.model.artifacts import Aligned, AlignedSegment, AlignedWord, Chunk, Timing
from shared.model.intervals import clamp
from shared.model.spacing import split_at_words, word_separator

MINIMUM_DURATION = 0.001
"""Seconds. A word without length is looked up among speaker turns as if it lasted this long."""


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
        """Returns whether the recogniser probably wrote what nobody said."""
        return bool(self.aligned.quality_flags)


def to_recording_time(chunks: Sequence[Chunk], aligned: Sequence[Aligned]) -> list[TimedSegment]:
    """Returns the segments of all chunks, one channel after the other.

    Each word lies inside its chunk and starts no earlier than the word before it ends. Where the
    aligner's times contradict the order of the text, the order is kept and the times are changed.
    """
    parts_of_channel: dict[int | None, list[tuple[Chunk, Aligned]]] = defaultdict(list)
    for chunk, output in zip(chunks, aligned, strict=True):
        parts = parts_of_channel[chunk.channel]
        parts.append((chunk, output))

    segments: list[TimedSegment] = []
    for parts in parts_of_channel.values():
        segments += channel_segments(parts)
    return segments


def channel_segments(parts: Iterable[tuple[Chunk, Aligned]]) -> list[TimedSegment]:
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

    words_of_segment: dict[int, list[TimedWord]] = defaultdict(list)
    for index, word in zip(segment_indices, end_before_next(words), strict=True):
        words_of_segment[index].append(word)
    for index, own_words in words_of_segment.items():
        segments[index] = replace(segments[index], words=tuple(own_words))
    return segments


def words_with_spaces(output: Aligned) -> Iterator[tuple[AlignedWord, str]]:
    """Yields each word with the space, or nothing, that follows it in its segment's text."""
    in_order = sorted(output.words, key=attrgetter("segment"))
    for index, group in groupby(in_order, key=attrgetter("segment")):
        segment = output.segments[index]
        words = list(group)
        spellings = [word.word for word in words]
        separator = word_separator(segment.language)
        pieces = split_at_words(segment.text, spellings, separator)
        for word, piece in zip(words, pieces, strict=True):
            has_space = piece[-1:].isspace()
            yield word, " " if has_space else ""


def time_segment(segment: AlignedSegment, chunk: Chunk) -> TimedSegment:
    start = clamp(chunk.start + segment.start, chunk)
    end = clamp(chunk.start + segment.end, chunk)
    return TimedSegment(
        start=start,
        end=max(start, end),
        channel=chunk.channel,
        aligned=segment,
    )


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
