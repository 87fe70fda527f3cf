"""Speech that no word covers."""

from collections.abc import Container, Iterable, Sequence
from math import inf

from shared.model.artifacts import Chunk, Interval
from shared.model.intervals import round_times, total_seconds, uncovered

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
SHORTEST_STRETCH = 0.2
"""Fewest seconds of speech between pauses that are a gap if no word is in it. A short answer lasts
longer, a click does not."""
SHORTEST_REMAINDER = 0.3
"""Fewest seconds of speech that are a gap beside a word, whose sound may be drawn out."""
LONGEST_PAUSE = 0.35
"""Gaps that are this near to each other are one, in seconds."""


def without_padding(speech: Sequence[Interval], part: Interval | Chunk) -> list[Interval]:
    """Returns the speech of a chunk without the silence that prepare adds before and after it.

    At the edge of the chunk nothing is removed, since speech may go on there.
    """
    starts, ends = borders_of(speech)
    shortened = []
    for interval in speech:
        start_padding = padding(interval.start, ends, part.start)
        end_padding = padding(interval.end, starts, part.end)
        start = interval.start + start_padding
        end = interval.end - end_padding
        if start < end:
            remaining = Interval(start=start, end=end)
            shortened.append(remaining)
    return shortened


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


def uncovered_speech(speech: Sequence[Interval], covered: Iterable[Interval]) -> list[Interval]:
    """Returns the gaps between the covered intervals, without those that are too short for a word.

    `speech` is without padding. Short pauses do not divide a gap.
    """
    starts, ends = borders_of(speech)
    intervals = uncovered(speech, covered)
    gaps = []
    for group in divide_at_pauses(intervals):
        gap = Interval(start=group[0].start, end=group[-1].end)
        is_between_pauses = gap.start in starts and gap.end in ends
        shortest = SHORTEST_STRETCH if is_between_pauses else SHORTEST_REMAINDER
        if total_seconds(group) >= shortest:
            rounded = round_times(gap)
            gaps.append(rounded)
    return gaps


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
