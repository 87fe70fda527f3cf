"""Speaker turns of the whole recording: who has the floor when, and where two speak at once."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from math import inf

from functions.finalize.speakers.linking import Voice
from shared.model.artifacts import Diarization, Interval, Turn
from shared.model.intervals import inside, union
from shared.model.transcript import Overlap

PAUSE = 0.25
"""Seconds of silence within a turn: no more than the collar with which turns are scored."""
BLIP = 0.2
"""Seconds. A shorter turn is often the diarizer's first guess at who it is, and not that person."""


def place_turns(
    diarizations: Sequence[Diarization],
    spans: Sequence[Interval],
    pick: Callable[[Diarization], Iterable[Turn]],
) -> list[tuple[float, float, Voice]]:
    """The picked turns of all spans in recording time, each inside its span, in order."""
    placed = []
    for index, (span, found) in enumerate(zip(spans, diarizations, strict=True)):
        for turn in pick(found):
            start, end = inside(span, span.start + turn.start), inside(span, span.start + turn.end)
            if start < end:
                placed.append((start, end, (index, turn.speaker)))
    return sorted(placed)


def identify(
    groups: Iterable[list[Voice]], placed: Collection[tuple[float, float, Voice]]
) -> dict[Voice, str]:
    """Each voice's speaker id: "S1" is who is heard first, for longer than a blip."""
    group_of = {voice: index for index, group in enumerate(groups) for voice in group}
    order: dict[int, str] = {}
    lasting = (turn for turn in placed if turn[1] - turn[0] >= BLIP)
    for _, _, voice in [*sorted(lasting), *sorted(placed)]:
        order.setdefault(group_of[voice], f"S{len(order) + 1}")
    return {voice: order[group] for voice, group in group_of.items() if group in order}


def merge(turns: Iterable[Turn], pause: float = PAUSE) -> list[Turn]:
    """One turn for each stretch in which a speaker goes on, in order."""
    by_speaker = defaultdict(list)
    for turn in turns:
        by_speaker[turn.speaker].append((turn.start, turn.end))
    merged = [
        Turn(start=start, end=end, speaker=speaker)
        for speaker, stretches in by_speaker.items()
        for start, end in union(stretches, pause)
    ]
    return sorted(merged, key=lambda turn: (turn.start, turn.end, turn.speaker))


def exclude(turns: Sequence[Turn]) -> list[Turn]:
    """The turns in order, each ending where the next one begins at the latest."""
    limits = chain((following.start for following in turns[1:]), [inf])
    cut = [
        turn.model_copy(update={"end": min(turn.end, limit)})
        for turn, limit in zip(turns, limits, strict=False)
    ]
    return [turn for turn in cut if turn.start < turn.end]


def find_overlaps(turns: Iterable[Turn]) -> list[Overlap]:
    """Where at least two speak at once, split where someone joins or leaves."""
    changes = sorted(
        (time, step, turn.speaker)
        for turn in turns
        for time, step in ((turn.start, 1), (turn.end, -1))
    )
    talking: dict[str, int] = defaultdict(int)
    overlaps = []
    for (start, step, speaker), (end, _, _) in pairwise(changes):
        talking[speaker] += step
        together = tuple(sorted(who for who, count in talking.items() if count > 0))
        if len(together) > 1 and start < end:
            overlaps.append(Overlap(start=start, end=end, speakers=together))
    return overlaps


@dataclass(frozen=True)
class Floor:
    """Exclusive turns, to be asked who speaks at a time."""

    turns: Sequence[Turn]
    starts: Sequence[float]
    ends: Sequence[float]

    @classmethod
    def of(cls, turns: Sequence[Turn]) -> "Floor":
        alone = exclude(turns)
        return cls(alone, [turn.start for turn in alone], [turn.end for turn in alone])

    def claims(self, start: float, end: float) -> dict[str, float]:
        """For how many seconds of that stretch each speaker has the floor. If nobody has, the
        nearest has all of it."""
        seconds = self.seconds(start, end)
        if seconds or not self.turns:
            return seconds
        after = bisect_left(self.starts, end)
        beside = self.turns[max(after - 1, 0) : after + 1]
        nearest = min(beside, key=lambda turn: max(start - turn.end, turn.start - end))
        return {nearest.speaker: end - start}

    def seconds(self, start: float, end: float) -> dict[str, float]:
        """For how many seconds of that stretch each speaker has the floor; nobody is named who has
        not."""
        seconds: dict[str, float] = defaultdict(float)
        for turn in self.turns[bisect_right(self.ends, start) : bisect_left(self.starts, end)]:
            seconds[turn.speaker] += min(end, turn.end) - max(start, turn.start)
        return dict(seconds)
