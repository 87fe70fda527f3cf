"""What of one transcript of a recording is the same in another one: words, speakers, intervals."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from shared.model.artifacts import Interval
from shared.model.intervals import total_seconds, union
from shared.model.transcript import Transcript, Word

SHIFT = 0.5
"""Seconds by which two runs may time the same word differently."""
MOST = 0.5
"""Share that must be common for a speaker or an interval to be the same."""


class Timed(Protocol):
    """Anything with times in seconds."""

    @property
    def start(self) -> float: ...

    @property
    def end(self) -> float: ...


class SpeakerMatch(NamedTuple):
    """Who a former speaker is in the new transcript."""

    speaker: str
    seconds: float
    """That both talk at once."""


class WordMatch:
    """Finds words of a transcript by their text, time and channel."""

    def __init__(self, transcript: Transcript) -> None:
        words: dict[tuple[int | None, str], list[Word]] = defaultdict(list)
        for word in transcript.words:
            words[word.channel, word.word].append(word)
        self._words = {key: sorted(same, key=start_of) for key, same in words.items()}
        middles: dict[int | None, list[float]] = defaultdict(list)
        for word in transcript.words:
            middles[word.channel].append((word.start + word.end) / 2)
        self._middles = {channel: sorted(times) for channel, times in middles.items()}
        self._segments: dict[int, int] = {}
        for index, segment in enumerate(transcript.segments):
            for word in transcript.words_of(segment):
                self._segments[word.id] = index

    def same_word(self, word: Word) -> Word | None:
        """Returns the nearest word with the same text that begins at most SHIFT seconds earlier or
        later, or None."""
        same = self._words.get((word.channel, word.word), [])
        first = bisect_left(same, word.start - SHIFT, key=start_of)
        end = bisect_right(same, word.start + SHIFT, key=start_of)
        near = same[first:end]
        if not near:
            return None
        return min(near, key=lambda other: abs(other.start - word.start))

    def has_words_at(self, interval: Timed, channel: int | None) -> bool:
        """Returns whether the middle of a word of the channel is in the interval."""
        middles = self._middles.get(channel, [])
        first = bisect_left(middles, interval.start)
        end = bisect_right(middles, interval.end)
        return first < end

    def segment_of(self, word: Word) -> int:
        """Returns the index of the word's segment."""
        return self._segments[word.id]


def start_of(word: Word) -> float:
    return word.start


def match_speakers(former: Transcript, new: Transcript) -> dict[str, SpeakerMatch]:
    """Returns who each former speaker is now: who talks during most of the speaker's turns.

    A speaker whose turns are shared among several has no match.
    """
    former_turns = turns_by_speaker(former)
    new_turns = turns_by_speaker(new)
    matches = {}
    for speaker, turns in former_turns.items():
        shared = {other: shared_seconds(turns, own) for other, own in new_turns.items()}
        if not shared:
            continue
        best = max(shared, key=lambda other: shared[other])
        if shared[best] > total_seconds(turns) * MOST:
            matches[speaker] = SpeakerMatch(best, shared[best])
    return matches


def turns_by_speaker(transcript: Transcript) -> dict[str, list[Interval]]:
    """Returns when each speaker talks, as disjoint intervals in order."""
    intervals: dict[str, list[Interval]] = defaultdict(list)
    for turn in transcript.turns:
        intervals[turn.speaker].append(Interval(start=turn.start, end=turn.end))
    return {speaker: union(own) for speaker, own in intervals.items()}


def shared_seconds(some: Sequence[Interval], others: Sequence[Interval]) -> float:
    """Returns the seconds that are in both lists of disjoint intervals."""
    together = union([*some, *others])
    return total_seconds(some) + total_seconds(others) - total_seconds(together)


def match_interval(interval: Timed, candidates: Sequence[Timed]) -> int | None:
    """Returns the index of the candidate that shares most of its time with the interval, or None
    if none shares half of it."""
    best = None
    most = 0.0
    for index, candidate in enumerate(candidates):
        share = shared_share(interval, candidate)
        if share > most:
            best, most = index, share
    return best if most >= MOST else None


def shared_share(one: Timed, other: Timed) -> float:
    """Returns the common time of two intervals as a share of the longer one."""
    shared = min(one.end, other.end) - max(one.start, other.start)
    longer = max(one.end - one.start, other.end - other.start)
    if longer <= 0:
        return 1.0 if shared == 0 else 0.0
    return max(shared, 0.0) / longer
