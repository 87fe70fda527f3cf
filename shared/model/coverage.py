"""Speech that no word covers."""

from bisect import bisect_right
from collections.abc import Container, Iterable, Sequence
from math import inf

from shared.model.artifacts import Chunk, Interval
from shared.model.intervals import round_times, total_seconds, uncovered, union

SPEECH_PADDING = 0.2
"""Seconds that prepare adds before and after speech."""
INNER_PADDING = 0.15
"""Seconds assumed where the padding of two intervals meets, in a pause of 0.16 to 0.4 s: right for
0.3 s."""
WORD_MARGIN = 0.2
"""Seconds before and after a word that are taken for a part of it, since its times are inexact. In
four minutes of clear conversation all speech was within 0.3 s of a word, but for one place."""
EDGE_TOLERANCE = 0.002
"""Seconds. Times are in whole milliseconds or samples."""
SHORTEST_SPEECH = 0.064
"""Fewest seconds of speech without its padding. prepare takes a shorter sound for a click."""
SHORTEST_REMAINDER = 0.3
"""Fewest seconds of speech that are a gap beside a word, whose sound may be drawn out."""
LONGEST_PAUSE = 0.35
"""Gaps that are this near to each other are one, in seconds."""
MAX_WORD_SECONDS = 1.0
"""Cross-attention extends a word over the missed speech before it, so that only its end is right.
A word covers at most this time before its end, and less if it is short."""
BASE_WORD_SECONDS = 0.2
LETTER_SECONDS = 0.08
DIGIT_SECONDS = 0.25
"""The longest that a word, and each of its letters and digits, last in slow speech."""


def without_padding(speech: Sequence[Interval], part: Interval | Chunk) -> list[Interval]:
    """Returns the speech of a chunk without the silence that prepare adds before and after it.

    At the edge of the chunk nothing is removed, since speech may go on there.
    """
    starts, ends = borders_of(speech)
    shortened = []
    for interval in speech:
        start_padding = padding(interval.start, ends, part.start)
        end_padding = padding(interval.end, starts, part.end)
        remaining = shorten(interval, start_padding, end_padding)
        if remaining.start < remaining.end:
            shortened.append(remaining)
    return shortened


def shorten(interval: Interval, start_padding: float, end_padding: float) -> Interval:
    """Returns the interval without its padding.

    Where padding meets its length is assumed, so that it may be longer than the real one. A short
    answer then keeps `SHORTEST_SPEECH`, unless the edge of the chunk may have cut its padding.
    """
    start = interval.start + start_padding
    end = interval.end - end_padding
    missing = SHORTEST_SPEECH - (end - start)
    is_assumed = INNER_PADDING in (start_padding, end_padding)
    is_whole = start_padding > 0 and end_padding > 0
    if is_assumed and is_whole and missing > 0:
        start -= missing / 2
        end += missing / 2
    return Interval(start=start, end=end)


def borders_of(speech: Sequence[Interval]) -> tuple[set[float], set[float]]:
    """Returns the times at which intervals start, and those at which they end."""
    starts = {interval.start for interval in speech}
    ends = {interval.end for interval in speech}
    return starts, ends


def padding(time: float, neighbours: Container[float], edge: float) -> float:
    """Returns the seconds of padding at the start or end of speech.

    `neighbours` are the times at which the speech before or after it ends or starts.
    """
    if abs(time - edge) < EDGE_TOLERANCE:
        return 0.0
    if time in neighbours:
        return INNER_PADDING
    return SPEECH_PADDING


def uncovered_speech(speech: Sequence[Interval], words: Iterable[Interval]) -> list[Interval]:
    """Returns the gaps: the speech that is not in or beside one of the words.

    `speech` is without padding. Speech between pauses without a word is a gap, however short it is.
    Beside a word only what is long enough for another word is one. Short pauses do not divide a
    gap.
    """
    spoken = union(words)
    remainders = uncovered(speech, map(with_margin, spoken))
    stretches = stretches_without_word(speech, spoken, remainders)
    own_starts = {stretch.start for stretch in stretches}
    parts = union([*remainders, *stretches])
    gaps = []
    for group in divide_at_pauses(parts):
        has_stretch = any(part.start in own_starts for part in group)
        if has_stretch or total_seconds(group) >= SHORTEST_REMAINDER:
            gap = Interval(start=group[0].start, end=group[-1].end)
            rounded = round_times(gap)
            gaps.append(rounded)
    return gaps


def with_margin(word: Interval) -> Interval:
    """Returns the word's interval with WORD_MARGIN before and after it."""
    start = word.start - WORD_MARGIN
    end = word.end + WORD_MARGIN
    return Interval(start=start, end=end)


def stretches_without_word(
    speech: Iterable[Interval], words: Iterable[Interval], remainders: Sequence[Interval]
) -> list[Interval]:
    """Returns the speech between pauses that no word is in.

    `remainders` are what words leave with their margin. A word beside a stretch may be the one that
    is said there, if its margin covers the middle.
    """
    all_stretches = union(speech)
    untouched = set(uncovered(all_stretches, words))
    remainder_starts = [remainder.start for remainder in remainders]
    stretches = []
    for stretch in all_stretches:
        middle = (stretch.start + stretch.end) / 2
        index = bisect_right(remainder_starts, middle) - 1
        is_left = index >= 0 and middle < remainders[index].end
        if stretch in untouched and is_left:
            stretches.append(stretch)
    return stretches


def divide_at_pauses(intervals: Iterable[Interval]) -> list[list[Interval]]:
    """Returns the intervals in groups without pauses longer than LONGEST_PAUSE."""
    groups: list[list[Interval]] = []
    previous_end = -inf
    for interval in intervals:
        pause = interval.start - previous_end
        if pause > LONGEST_PAUSE:
            groups.append([])
        groups[-1].append(interval)
        previous_end = interval.end
    return groups


def earliest_start(word: str, start: float, end: float) -> float:
    """Returns the word's start, not longer before its end than the word can last."""
    seconds = BASE_WORD_SECONDS
    for character in word:
        if character.isdigit():
            seconds += DIGIT_SECONDS
        elif character.isalpha():
            seconds += LETTER_SECONDS
    earliest = end - min(seconds, MAX_WORD_SECONDS)
    return max(start, earliest)
