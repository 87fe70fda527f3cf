"""How far the transcript can be trusted, measured without a reference."""

from collections.abc import Iterable, Iterator, Sequence

from functions.finalize.answer.segments import finite
from functions.finalize.answer.timed_segments import TimedSegment
from functions.finalize.formats.text import one_line
from shared.model.artifacts import Chunk, Interval
from shared.model.intervals import total_seconds, uncovered, union
from shared.model.transcript import Gap, Quality, Suspect, Word

WORD_PADDING = 0.3
"""Seconds that a word covers before its start and after its end: speech detection starts early and
ends late, aligners do not."""
SHORTEST_GAP = 1.0
"""Seconds of speech without a word that are worth reporting."""


def measure_quality(
    chunks: Sequence[Chunk],
    recognized: Sequence[TimedSegment],
    replaced: Iterable[TimedSegment],
    words: Sequence[Word],
) -> Quality:
    """Returns the transcript's quality.

    Coverage counts the words as recognised, before replacements; a channel's speech is covered by
    its own words only. Suspects have the text after replacements.
    """
    gaps = find_gaps(chunks, recognized)
    timings = [word.timing for word in words]
    return Quality(
        coverage=coverage(chunks, gaps),
        uncovered=tuple(long_gaps(gaps)),
        suspects=tuple(find_suspects(replaced)),
        words_interpolated=timings.count("interpolated"),
        mean_confidence=mean_confidence(words),
    )


def find_gaps(chunks: Sequence[Chunk], segments: Iterable[TimedSegment]) -> list[Gap]:
    """Returns the speech without a word, channel by channel. Suspect segments have no words."""
    covered_by_channel: dict[int | None, list[Interval]] = {}
    for chunk in chunks:
        covered_by_channel[chunk.channel] = []
    for segment in segments:
        for word in segment.words:
            interval = Interval(
                start=word.start - WORD_PADDING,
                end=word.end + WORD_PADDING,
            )
            covered_by_channel[segment.channel].append(interval)

    gaps = []
    for channel, covered in covered_by_channel.items():
        speech = channel_speech(chunks, channel)
        for interval in uncovered(speech, covered):
            gap = Gap(
                start=interval.start,
                end=interval.end,
                channel=channel,
            )
            gaps.append(gap)
    return gaps


def channel_speech(chunks: Iterable[Chunk], channel: int | None) -> list[Interval]:
    """Returns where someone speaks on the channel, as disjoint intervals in order."""
    speech: list[Interval] = []
    for chunk in chunks:
        if chunk.channel == channel:
            speech += chunk.speech
    return union(speech)


def coverage(chunks: Sequence[Chunk], gaps: Iterable[Gap]) -> float | None:
    """Returns the share of speech outside the gaps. None without speech."""
    channels = dict.fromkeys(chunk.channel for chunk in chunks)
    speech_seconds = 0.0
    for channel in channels:
        speech = channel_speech(chunks, channel)
        speech_seconds += total_seconds(speech)
    if speech_seconds == 0:
        return None
    uncovered_share = total_seconds(gaps) / speech_seconds
    return finite(1 - uncovered_share)


def long_gaps(gaps: Iterable[Gap]) -> Iterator[Gap]:
    """Yields the gaps of SHORTEST_GAP or more in order of time, in whole milliseconds."""
    for gap in sorted(gaps, key=lambda gap: (gap.start, gap.end)):
        start = round(gap.start, 3)
        end = round(gap.end, 3)
        if end - start >= SHORTEST_GAP:
            yield Gap(start=start, end=end, channel=gap.channel)


def mean_confidence(words: Iterable[Word]) -> float | None:
    """Returns the mean of the known confidences, or None if none is known."""
    known = [word.confidence for word in words if word.confidence is not None]
    if not known:
        return None
    mean = sum(known) / len(known)
    return finite(mean)


def find_suspects(segments: Iterable[TimedSegment]) -> list[Suspect]:
    """Returns the segments that nobody is likely to have said, in order of start."""
    suspects = []
    for segment in segments:
        if not segment.is_suspect:
            continue
        suspect = Suspect(
            start=segment.start,
            end=segment.end,
            text=one_line(segment.aligned.text),
            language=segment.language,
            channel=segment.channel,
            reasons=segment.aligned.quality_flags,
        )
        suspects.append(suspect)
    return sorted(suspects, key=lambda suspect: suspect.start)
