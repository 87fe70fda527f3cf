"""The turns of a transcript whose speakers were merged, or whose sentences were given to others."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence

from shared.model.artifacts import Interval, Turn
from shared.model.edits import Edits, merged_speaker
from shared.model.intervals import subtract, union
from shared.model.transcript import Overlap, Segment, Transcript
from shared.model.turns import TURN_PAUSE

LEFT_OVER = 1.0
"""Seconds. What is left of a turn around a sentence that was given away is no turn of its own if it
is shorter and its speaker says nothing in it."""


def merge_of(speaker: str | None, edits: Edits) -> str | None:
    """Returns who a speaker is after the merges. None stays None."""
    if speaker is None:
        return None
    return merged_speaker(speaker, edits.merges)


def correct_turns(transcript: Transcript, edits: Edits) -> tuple[Turn, ...]:
    """Returns the turns of the new speakers, in order of start.

    The turns of speakers whom no edit concerns are as before.
    """
    intervals: dict[str, list[Interval]] = defaultdict(list)
    for turn in transcript.turns:
        intervals[turn.speaker].append(Interval(start=turn.start, end=turn.end))
    concerned = set(edits.merges)
    for former, segments in sentences_taken(transcript, edits).items():
        intervals[former] = without_sentences(intervals[former], segments, former, transcript)
        concerned.add(former)
    for speaker, segments in sentences_given(transcript, edits).items():
        intervals[speaker] += intervals_of(segments)
        concerned.add(speaker)

    merged: dict[str, list[Interval]] = defaultdict(list)
    for speaker, own in intervals.items():
        merged[merged_speaker(speaker, edits.merges)] += own
    changed = {merged_speaker(speaker, edits.merges) for speaker in concerned}
    turns = [turn for turn in transcript.turns if is_untouched(turn, changed, edits)]
    for speaker in changed:
        for interval in union(merged[speaker], TURN_PAUSE):
            turns.append(Turn(start=interval.start, end=interval.end, speaker=speaker))
    if not changed:
        return transcript.turns
    return tuple(sorted(turns, key=lambda turn: (turn.start, turn.end, turn.speaker)))


def is_untouched(turn: Turn, changed: set[str], edits: Edits) -> bool:
    """Returns whether the turn is of a speaker whose turns are as before."""
    return merged_speaker(turn.speaker, edits.merges) not in changed


def sentences_taken(transcript: Transcript, edits: Edits) -> dict[str, list[Segment]]:
    """Returns the segments that each speaker of the transcript lost to another one."""
    taken: dict[str, list[Segment]] = defaultdict(list)
    for segment in given_segments(transcript, edits):
        if segment.speaker is not None:
            taken[segment.speaker].append(segment)
    return taken


def sentences_given(transcript: Transcript, edits: Edits) -> dict[str, list[Segment]]:
    """Returns the segments that each speaker was given."""
    given: dict[str, list[Segment]] = defaultdict(list)
    for segment in given_segments(transcript, edits):
        speaker = edits.sentences[str(segment.id)]
        given[speaker].append(segment)
    return given


def given_segments(transcript: Transcript, edits: Edits) -> list[Segment]:
    """Returns the segments that were given to another speaker than their own."""
    dropped = set(edits.dropped)
    given = []
    for segment in transcript.segments:
        speaker = edits.sentences.get(str(segment.id))
        if speaker is None or f"segment-{segment.id}" in dropped:
            continue
        if merge_of(speaker, edits) != merge_of(segment.speaker, edits):
            given.append(segment)
    return given


def intervals_of(segments: Iterable[Segment]) -> list[Interval]:
    """Returns when the segments are spoken. Segments without length have none."""
    intervals = []
    for segment in segments:
        if segment.start < segment.end:
            intervals.append(Interval(start=segment.start, end=segment.end))
    return intervals


def without_sentences(
    own: Sequence[Interval], taken: Iterable[Segment], speaker: str, transcript: Transcript
) -> list[Interval]:
    """Returns a speaker's turns without the sentences that were taken, and without the short
    remainders around them in which the speaker says nothing."""
    whole = set(union(own))
    taken_ids = {segment.id for segment in taken}
    remaining = subtract(union(own), union(intervals_of(taken)))
    cut = [interval for interval in remaining if interval not in whole]
    other_segments = []
    for segment in transcript.segments:
        if segment.speaker == speaker and segment.id not in taken_ids:
            other_segments.append(segment)
    silent = set(subtract(cut, union(intervals_of(other_segments))))
    left_over = {piece for piece in cut if piece in silent and is_short(piece)}
    return [interval for interval in remaining if interval not in left_over]


def is_short(interval: Interval) -> bool:
    return interval.end - interval.start < LEFT_OVER


def overlaps_with(start: float, end: float, overlaps: Sequence[Overlap]) -> bool:
    """Returns whether two speakers talk at once between these times. The overlaps are in order and
    disjoint."""
    index = bisect_right(overlaps, start, key=lambda overlap: overlap.end)
    if index == len(overlaps):
        return False
    return overlaps[index].start < end
