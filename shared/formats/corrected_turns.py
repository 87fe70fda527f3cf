"""The turns of a transcript whose speakers were merged, or whose sentences were given to others."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

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
    taken = sentences_taken(transcript, edits)
    given = sentences_given(transcript, edits)
    concerned = {*edits.merges, *taken, *given}
    if not concerned:
        return transcript.turns
    intervals = intervals_by_speaker(transcript.turns)
    for speaker, segments in taken.items():
        own = intervals[speaker]
        intervals[speaker] = without_sentences(own, segments, speaker, transcript)
    for speaker, segments in given.items():
        intervals[speaker] += intervals_of(segments)
    return merged_turns(transcript, edits, intervals, concerned)


def merged_turns(
    transcript: Transcript,
    edits: Edits,
    intervals: Mapping[str, Sequence[Interval]],
    concerned: Iterable[str],
) -> tuple[Turn, ...]:
    """Returns the turns after the merges: new ones of the speakers concerned, and those of the
    others as they were."""
    changed = {merged_speaker(speaker, edits.merges) for speaker in concerned}
    merged: dict[str, list[Interval]] = defaultdict(list)
    for speaker, own in intervals.items():
        owner = merged_speaker(speaker, edits.merges)
        merged[owner] += own
    turns = []
    for turn in transcript.turns:
        owner = merged_speaker(turn.speaker, edits.merges)
        if owner not in changed:
            turns.append(turn)
    for owner in changed:
        turns += turns_of(owner, merged[owner])
    return tuple(sorted(turns, key=turn_order))


def turns_of(speaker: str, intervals: Iterable[Interval]) -> list[Turn]:
    """Returns a speaker's turns: those with only a short silence between them are one."""
    turns = []
    for interval in union(intervals, TURN_PAUSE):
        turn = Turn(
            start=interval.start,
            end=interval.end,
            speaker=speaker,
        )
        turns.append(turn)
    return turns


def turn_order(turn: Turn) -> tuple[float, float, str]:
    return turn.start, turn.end, turn.speaker


def intervals_by_speaker(turns: Iterable[Turn]) -> dict[str, list[Interval]]:
    """Returns when each speaker talks."""
    intervals: dict[str, list[Interval]] = defaultdict(list)
    for turn in turns:
        interval = interval_of(turn)
        intervals[turn.speaker].append(interval)
    return intervals


def interval_of(timed: Turn | Segment) -> Interval:
    return Interval(
        start=timed.start,
        end=timed.end,
    )


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
        segment_id = str(segment.id)
        speaker = edits.sentences[segment_id]
        given[speaker].append(segment)
    return given


def given_segments(transcript: Transcript, edits: Edits) -> list[Segment]:
    """Returns the segments that were given to another speaker than their own."""
    dropped = set(edits.dropped)
    given = []
    for segment in transcript.segments:
        segment_id = str(segment.id)
        item = f"segment-{segment_id}"
        speaker = edits.sentences.get(segment_id)
        if speaker is None or item in dropped:
            continue
        owner = merge_of(speaker, edits)
        former = merge_of(segment.speaker, edits)
        if owner != former:
            given.append(segment)
    return given


def intervals_of(segments: Iterable[Segment]) -> list[Interval]:
    """Returns when the segments are spoken. Segments without length have none."""
    intervals = []
    for segment in segments:
        if segment.start < segment.end:
            interval = interval_of(segment)
            intervals.append(interval)
    return intervals


def without_sentences(
    own: Sequence[Interval], taken: Sequence[Segment], speaker: str, transcript: Transcript
) -> list[Interval]:
    """Returns a speaker's turns without the sentences that were taken, and without the short
    remainders around them in which the speaker says nothing."""
    whole = union(own)
    cut_out = union(intervals_of(taken))
    remaining = subtract(whole, cut_out)
    spoken = other_sentences(speaker, taken, transcript)
    untouched = set(whole)
    kept = []
    for piece in remaining:
        is_untouched = piece in untouched
        if is_untouched or not is_short(piece) or is_spoken_in(piece, spoken):
            kept.append(piece)
    return kept


def other_sentences(
    speaker: str, taken: Iterable[Segment], transcript: Transcript
) -> list[Interval]:
    """Returns when the speaker says something beside the sentences that were taken, in order."""
    taken_ids = {segment.id for segment in taken}
    others = []
    for segment in transcript.segments:
        is_taken = segment.id in taken_ids
        if segment.speaker == speaker and not is_taken:
            others.append(segment)
    intervals = intervals_of(others)
    return union(intervals)


def is_spoken_in(piece: Interval, spoken: Sequence[Interval]) -> bool:
    """Returns whether any of the disjoint intervals, which are in order, overlaps the piece."""
    index = bisect_right(spoken, piece.start, key=interval_end)
    if index == len(spoken):
        return False
    following = spoken[index]
    return following.start < piece.end


def interval_end(interval: Interval | Overlap) -> float:
    return interval.end


def is_short(interval: Interval) -> bool:
    length = interval.end - interval.start
    return length < LEFT_OVER


def overlaps_with(start: float, end: float, overlaps: Sequence[Overlap]) -> bool:
    """Returns whether two speakers talk at once between these times. The overlaps are in order and
    disjoint."""
    index = bisect_right(overlaps, start, key=interval_end)
    if index == len(overlaps):
        return False
    following = overlaps[index]
    return following.start < end
