"""Whether two channels hold the same speech: one bleeds into the other, or the recording is not
truly stereo."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations

from functions.finalize.answer.sentences import Placed, Sentence

ALIKE = 0.8
"""The share of a channel's words that another must have, too."""
AT_ONCE = 0.5
"""Seconds by which the same word may begin earlier or later on the other channel."""
ENOUGH = 10
"""Words. Fewer may be alike by chance."""


def alike(said: Sequence[Sentence]) -> Iterator[tuple[int, int]]:
    """The pairs of channels, of which the one with fewer words says nearly nothing that the other
    does not say."""
    words: dict[int, list[Placed]] = defaultdict(list)
    for sentence in said:
        if sentence.channel is not None:
            words[sentence.channel] += sentence.words
    for one, other in combinations(sorted(words), 2):
        fewer, more = sorted((words[one], words[other]), key=len)
        if len(fewer) >= ENOUGH and shared(fewer, more) >= ALIKE * len(fewer):
            yield one, other


def shared(words: Sequence[Placed], others: Sequence[Placed]) -> int:
    """How many of the words the others have at about the same time."""
    starts = defaultdict(list)
    for other in others:
        starts[other.word.casefold()].append(other.start)
    return sum(near(word.start, starts[word.word.casefold()]) for word in words)


def near(time: float, times: Sequence[float]) -> bool:
    """Whether one of the times, which are in order, is about that time."""
    following = bisect_left(times, time - AT_ONCE)
    return following < len(times) and times[following] <= time + AT_ONCE
