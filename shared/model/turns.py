"""Speaker turns of a whole recording: joined where one speaker goes on, and where two overlap."""

from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise

from shared.model.artifacts import Interval, Turn
from shared.model.intervals import union
from shared.model.transcript import Overlap

TURN_PAUSE = 0.25
"""Seconds of silence that do not end a turn: the collar with which diarization is scored."""


def merge_turns(turns: Iterable[Turn], pause: float = TURN_PAUSE) -> list[Turn]:
    """Returns the turns in order; a speaker's turns at most `pause` seconds apart become one."""
    intervals_of: dict[str, list[Interval]] = defaultdict(list)
    for turn in turns:
        interval = Interval(
            start=turn.start,
            end=turn.end,
        )
        intervals_of[turn.speaker].append(interval)

    merged = []
    for speaker, intervals in intervals_of.items():
        for interval in union(intervals, pause):
            turn = Turn(
                start=interval.start,
                end=interval.end,
                speaker=speaker,
            )
            merged.append(turn)
    return sorted(merged, key=lambda turn: (turn.start, turn.end, turn.speaker))


def find_overlaps(turns: Iterable[Turn]) -> list[Overlap]:
    """Returns where at least two talk at once, split where a speaker starts or stops."""
    changes = []
    for turn in turns:
        changes.append((turn.start, 1, turn.speaker))
        changes.append((turn.end, -1, turn.speaker))

    in_order = sorted(changes)
    active_turns: dict[str, int] = defaultdict(int)
    overlaps = []
    for (start, change, speaker), (end, _, _) in pairwise(in_order):
        active_turns[speaker] += change
        talking = [speaker for speaker, count in active_turns.items() if count > 0]
        if len(talking) < 2:
            continue
        if start == end:
            continue
        overlap = Overlap(
            start=start,
            end=end,
            speakers=tuple(sorted(talking)),
        )
        overlaps.append(overlap)
    return overlaps
