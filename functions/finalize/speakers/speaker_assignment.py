"""Gives each word a speaker and splits segments where the speaker changes.

A diarizer places the border of a turn up to half a second off, so the first or last words of a
segment fall into the neighbour's turn. Few speakers change within a segment, and those who do pause
first or reach the end of a clause. A change within a segment therefore has a cost, and a Viterbi
search finds the speakers with the least total cost.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, islice, pairwise
from operator import itemgetter

from functions.finalize.answer.timed_segments import MINIMUM_DURATION, TimedSegment, TimedWord
from functions.finalize.speakers.speakers import Speakers
from functions.finalize.speakers.turns import TurnIndex
from shared.formats.text import ends_clause
from shared.model.artifacts import Interval
from shared.model.spacing import one_line

CHANGE_COST = 0.6
"""Cost of a change of speaker between two words of a segment, in seconds of words that lie in
another speaker's turn. In a conversation kept for tuning, 0.4 to 0.6 gave the fewest words to the
wrong speaker; 0.2 and 1.0 gave more."""
CLAUSE_FACTOR = 0.5
"""Factor of the cost after a comma or a stronger punctuation mark."""
LONG_PAUSE = 0.5
"""Seconds of silence after which a change costs nothing. A shorter pause lowers the cost in
proportion."""
NO_TURNS = TurnIndex.from_turns([])


@dataclass(frozen=True)
class SpeakerSegment:
    """Consecutive words of one speaker in one segment, or a segment that has no words."""

    segment: TimedSegment
    speaker: str | None
    words: Sequence[TimedWord]

    @property
    def start(self) -> float:
        if not self.words:
            return self.segment.start
        return self.words[0].start

    @property
    def end(self) -> float:
        if not self.words:
            return self.segment.end
        return self.words[-1].end

    @property
    def text(self) -> str:
        if not self.words:
            return one_line(self.segment.aligned.text)
        words = [word.word + word.space for word in self.words]
        text = "".join(words)
        return text.strip()


def split_by_speaker(segments: Iterable[TimedSegment], speakers: Speakers) -> list[SpeakerSegment]:
    """Returns the segments that are not suspect, split by speaker, in order of start.

    A segment of one channel may start within a segment of another. Segments in a span whose
    speakers are unknown have no speaker.
    """
    segments_of_channel: dict[int | None, list[TimedSegment]] = defaultdict(list)
    for segment in segments:
        if not segment.is_suspect:
            segments_of_channel[segment.channel].append(segment)

    split: list[SpeakerSegment] = []
    for channel, own_segments in segments_of_channel.items():
        turns = speakers.turns_of_channel[channel]
        split += split_outside(speakers.unknown, own_segments, turns)
    with_text = [segment for segment in split if segment.text]
    return sorted(with_text, key=lambda segment: segment.start)


def split_outside(
    unknown: Sequence[Interval], segments: Iterable[TimedSegment], turns: TurnIndex
) -> Iterator[SpeakerSegment]:
    """Yields one channel's segments, split by speaker outside the unknown spans."""
    for is_unknown, group in groupby(segments, lambda segment: lies_in(segment, unknown)):
        known_turns = NO_TURNS if is_unknown else turns
        yield from split_channel(list(group), known_turns)


def lies_in(segment: TimedSegment, spans: Iterable[Interval]) -> bool:
    """Returns whether the segment lies in one of the spans, which it never leaves."""
    middle = (segment.start + segment.end) / 2
    return any(span.start <= middle <= span.end for span in spans)


def split_channel(segments: Sequence[TimedSegment], turns: TurnIndex) -> Iterator[SpeakerSegment]:
    """Yields one channel's segments, split by speaker."""
    words_of_segments = [segment.words for segment in segments]
    speakers_of_segments = assign_speakers(words_of_segments, turns)
    for segment, speakers in zip(segments, speakers_of_segments, strict=True):
        if not segment.words:
            speaker = main_speaker(segment, turns)
            yield SpeakerSegment(segment, speaker, ())
        pairs = zip(speakers, segment.words, strict=True)
        for speaker, group in groupby(pairs, key=itemgetter(0)):
            words = [word for _, word in group]
            yield SpeakerSegment(segment, speaker, words)


def main_speaker(segment: TimedSegment, turns: TurnIndex) -> str | None:
    """Returns who talks most of the segment's time. None if there are no turns."""
    shortest_end = segment.start + MINIMUM_DURATION
    end = max(segment.end, shortest_end)
    talk_time = turns.talk_time_or_nearest(segment.start, end)
    return max(talk_time, key=talk_time.__getitem__, default=None)


def assign_speakers(
    segments: Sequence[Sequence[TimedWord]], turns: TurnIndex
) -> list[list[str | None]]:
    """Returns the speaker of each word of each segment. None only if there are no turns."""
    if not turns.turns:
        return [[None] * len(words) for words in segments]

    talk_times: list[dict[str, float]] = []
    change_costs: list[float] = []
    for words in segments:
        change_costs += costs_of_change(words)
        for word in words:
            talk_time = turns.talk_time_or_nearest(word.start, word.nonempty_end)
            talk_times.append(talk_time)

    speakers = iter(viterbi(talk_times, change_costs))
    return [list(islice(speakers, len(words))) for words in segments]


def costs_of_change(words: Sequence[TimedWord]) -> list[float]:
    """Returns the cost of a change of speaker before each word; before the first it is free."""
    costs = [0.0] if words else []
    for previous, word in pairwise(words):
        pause = max(word.start - previous.end, 0.0)
        share = min(pause, LONG_PAUSE) / LONG_PAUSE
        cost = CHANGE_COST * (1 - share)
        if ends_clause(previous.word):
            cost *= CLAUSE_FACTOR
        costs.append(cost)
    return costs


def viterbi(talk_times: Sequence[Mapping[str, float]], change_costs: Sequence[float]) -> list[str]:
    """Returns the speaker of each word with the least total cost (Viterbi algorithm).

    A word costs the seconds in which others talk, by `talk_times`; a change of speaker before it
    costs what `change_costs` has for the word.
    """
    speakers: set[str] = set()
    speakers.update(*talk_times)
    costs = dict.fromkeys(sorted(speakers), 0.0)
    predecessors: list[dict[str, str]] = []
    for talk_time, change_cost in zip(talk_times, change_costs, strict=True):
        predecessor = cheapest_predecessors(costs, change_cost)
        costs = extend_costs(costs, change_cost, talk_time)
        predecessors.append(predecessor)
    return trace_back(predecessors, costs)


def cheapest_predecessors(costs: Mapping[str, float], change_cost: float) -> dict[str, str]:
    """Returns for each speaker of a word the speaker of the word before on the cheapest path."""
    cheapest = min(costs, key=costs.__getitem__)
    cost_after_change = costs[cheapest] + change_cost
    predecessors = {}
    for speaker, cost in costs.items():
        predecessors[speaker] = speaker
        if cost > cost_after_change:
            predecessors[speaker] = cheapest
    return predecessors


def extend_costs(
    costs: Mapping[str, float], change_cost: float, talk_time: Mapping[str, float]
) -> dict[str, float]:
    """Returns for each speaker the cost of the cheapest path to the word with this talk time.

    `costs` are those of the paths to the word before.
    """
    cost_after_change = min(costs.values()) + change_cost
    total_talk_time = sum(talk_time.values())
    extended = {}
    for speaker, cost in costs.items():
        cost_before = min(cost, cost_after_change)
        own_talk_time = talk_time.get(speaker, 0.0)
        extended[speaker] = cost_before + total_talk_time - own_talk_time
    return extended


def trace_back(predecessors: Sequence[Mapping[str, str]], costs: Mapping[str, float]) -> list[str]:
    """Returns the cheapest path, found from its last word back to its first.

    Each word's `predecessors` map its speaker to that of the word before; `costs` are of the paths
    that end with each speaker.
    """
    path = []
    speaker = min(costs, key=costs.__getitem__, default="")
    for predecessor in reversed(predecessors):
        path.append(speaker)
        speaker = predecessor[speaker]
    path.reverse()
    return path
