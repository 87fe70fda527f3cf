"""Speaker turns of the whole recording: when each speaker talks."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from functions.finalize.answer.timed_segments import place_in_recording
from functions.finalize.speakers.linking import SpanSpeaker
from shared.model.artifacts import Diarization, Interval, Turn

SHORTEST_TURN = 0.2
"""Seconds. The diarizer often gives a shorter turn to the wrong speaker."""


class SpanTurn(NamedTuple):
    """A turn of one span's speaker, with its times in the recording, in seconds."""

    start: float
    end: float
    speaker: SpanSpeaker

    @property
    def duration(self) -> float:
        return self.end - self.start


def place_turns(
    diarizations: Sequence[Diarization],
    spans: Sequence[Interval],
    turns_of: Callable[[Diarization], Iterable[Turn]],
) -> list[SpanTurn]:
    """Returns the turns that `turns_of` picks, clamped to their spans, in order of time."""
    placed = []
    for index, (span, diarization) in enumerate(zip(spans, diarizations, strict=True)):
        for turn in turns_of(diarization):
            times = place_in_recording(turn, span)
            if times.start < times.end:
                speaker = SpanSpeaker(index, turn.speaker)
                span_turn = SpanTurn(times.start, times.end, speaker)
                placed.append(span_turn)
    return sorted(placed)


def number_speakers(
    people: Iterable[Sequence[SpanSpeaker]], turns: Collection[SpanTurn]
) -> dict[SpanSpeaker, str]:
    """Returns each speaker's id: "S1" is the person whose first turn of SHORTEST_TURN is earliest.

    People with only shorter turns come last; speakers without a turn have no id.
    """
    person_of = number_people(people)
    in_order = sorted(turns)
    long_turns = [turn for turn in in_order if turn.duration >= SHORTEST_TURN]
    id_of_person: dict[int, str] = {}
    for turn in [*long_turns, *in_order]:
        person = person_of[turn.speaker]
        number = len(id_of_person) + 1
        id_of_person.setdefault(person, f"S{number}")

    ids = {}
    for speaker, person in person_of.items():
        if person in id_of_person:
            ids[speaker] = id_of_person[person]
    return ids


def number_people(people: Iterable[Sequence[SpanSpeaker]]) -> dict[SpanSpeaker, int]:
    """Returns the index of each speaker's person."""
    person_of = {}
    for person, speakers in enumerate(people):
        for speaker in speakers:
            person_of[speaker] = person
    return person_of


@dataclass(frozen=True)
class TurnIndex:
    """Exclusive turns in order of time, searchable by time."""

    turns: Sequence[Turn]
    starts: Sequence[float]
    ends: Sequence[float]

    @classmethod
    def from_turns(cls, turns: Sequence[Turn]) -> "TurnIndex":
        """Indexes turns in order of start; each is cut where the next one starts."""
        exclusive = make_exclusive(turns)
        starts = [turn.start for turn in exclusive]
        ends = [turn.end for turn in exclusive]
        return cls(exclusive, starts, ends)

    def talk_time(self, start: float, end: float) -> dict[str, float]:
        """Returns the seconds that each speaker talks between `start` and `end`, if any."""
        seconds: dict[str, float] = defaultdict(float)
        first = bisect_right(self.ends, start)
        last = bisect_left(self.starts, end)
        for turn in self.turns[first:last]:
            shared_start = max(start, turn.start)
            shared_end = min(end, turn.end)
            seconds[turn.speaker] += shared_end - shared_start
        return dict(seconds)

    def talk_time_or_nearest(self, start: float, end: float) -> dict[str, float]:
        """Returns `talk_time`, or all of the time for the nearest turn's speaker if there is no
        turn in it.

        Returns nothing if there are no turns.
        """
        seconds = self.talk_time(start, end)
        if seconds or not self.turns:
            return seconds
        following = bisect_left(self.starts, end)
        previous = max(following - 1, 0)
        neighbours = self.turns[previous : following + 1]
        nearest = min(neighbours, key=lambda turn: max(start - turn.end, turn.start - end))
        return {nearest.speaker: end - start}


def make_exclusive(turns: Sequence[Turn]) -> list[Turn]:
    """Returns the turns, each cut where the next one starts. Turns without length are dropped.

    Those of the input are dropped first: one at the end would cut the turn before it to nothing.
    """
    audible = without_empty(turns)
    exclusive = []
    for turn, next_turn in pairwise(audible):
        end = min(turn.end, next_turn.start)
        shortened = turn.model_copy(update={"end": end})
        exclusive.append(shortened)
    exclusive += audible[-1:]
    return without_empty(exclusive)


def without_empty(turns: Iterable[Turn]) -> list[Turn]:
    """Returns the turns that have a length."""
    return [turn for turn in turns if turn.start < turn.end]
