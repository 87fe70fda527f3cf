"""Speech without long pauses, each run of one speaker and one language."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from shared.formats.break_rules import starts_with_closing
from shared.formats.clock import milliseconds
from shared.model.spacing import one_line
from shared.model.transcript import Segment, Transcript

LONGEST_PAUSE = 1500
"""Milliseconds of silence that end a run."""
CONTINUED_PAUSE = 1000
"""Milliseconds of silence after which a mark does not belong to the text before it."""

Group = list[Segment]
"""Segments that continue each other's text: no caption may end between them."""


@dataclass(frozen=True)
class SpeechRun:
    """Consecutive segments of one channel, speaker and language, in groups."""

    groups: Sequence[Group]
    next_start: int
    """When the speech after it begins, on any channel, in milliseconds. After the last one it is
    the end of the recording."""

    @property
    def first(self) -> Segment:
        group = self.groups[0]
        return group[0]

    @property
    def speaker(self) -> str | None:
        """The speaker's id."""
        return self.first.speaker

    @property
    def language(self) -> str | None:
        return self.first.language


def find_runs(transcript: Transcript) -> list[list[SpeechRun]]:
    """Returns the runs of each channel, in order of time."""
    runs_of_channels = []
    for segments in split_channels(transcript):
        groups = group_segments(segments)
        runs_of_channels.append(group_runs(groups))

    first_groups = [run[0] for runs in runs_of_channels for run in runs]
    starts = sorted(milliseconds(group[0].start) for group in first_groups)
    starts.append(milliseconds(transcript.media.duration))
    channels = []
    for runs in runs_of_channels:
        channel = [SpeechRun(run, start_after(run, starts)) for run in runs]
        channels.append(channel)
    return channels


def split_channels(transcript: Transcript) -> list[list[Segment]]:
    """Returns the segments with text of each channel."""
    segments_of_channel: dict[int | None, list[Segment]] = defaultdict(list)
    for segment in transcript.segments:
        if one_line(segment.text):
            segments_of_channel[segment.channel].append(segment)
    return list(segments_of_channel.values())


def group_segments(segments: Sequence[Segment]) -> list[Group]:
    """Returns a channel's segments in groups."""
    groups: list[Group] = []
    for segment in segments:
        if groups and continues_text(groups[-1][-1], segment):
            groups[-1].append(segment)
        else:
            groups.append([segment])
    return groups


def continues_text(previous: Segment, segment: Segment) -> bool:
    """Returns whether the segment begins with a mark that belongs to the one before it."""
    if not has_same_voice(previous, segment):
        return False
    if pause(previous, segment) >= CONTINUED_PAUSE:
        return False
    words = segment.text.split()
    return starts_with_closing(words[0])


def group_runs(groups: Sequence[Group]) -> list[list[Group]]:
    """Returns a channel's groups in runs."""
    runs: list[list[Group]] = []
    for group in groups:
        if runs and continues_run(runs[-1][-1][-1], group[0]):
            runs[-1].append(group)
        else:
            runs.append([group])
    return runs


def continues_run(previous: Segment, segment: Segment) -> bool:
    """Returns whether two segments may be in one caption."""
    if not has_same_voice(previous, segment):
        return False
    return pause(previous, segment) < LONGEST_PAUSE


def has_same_voice(segment: Segment, other: Segment) -> bool:
    if segment.speaker != other.speaker:
        return False
    return segment.language == other.language


def pause(previous: Segment, segment: Segment) -> int:
    """Returns the milliseconds between two segments."""
    seconds = segment.start - previous.end
    return milliseconds(seconds)


def start_after(run: Sequence[Group], starts: Sequence[int]) -> int:
    """Returns the first of the starts after the run's last segment, or else the last start."""
    last_segment = run[-1][-1]
    last_start = milliseconds(last_segment.start)
    index = bisect_right(starts, last_start)
    if index == len(starts):
        return starts[-1]
    return starts[index]
