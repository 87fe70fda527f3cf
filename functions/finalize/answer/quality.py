"""How far the transcript can be trusted, measured without a reference."""

from collections.abc import Iterable, Sequence

from functions.finalize.answer.segments import finite
from functions.finalize.answer.timed_segments import TimedSegment, TimedWord
from shared.model.artifacts import Chunk, Interval
from shared.model.coverage import earliest_start, uncovered_speech, without_padding
from shared.model.intervals import total_seconds, uncovered, union
from shared.model.spacing import one_line
from shared.model.transcript import Gap, Quality, Suspect, Word

WORD_PADDING = 0.3
"""Seconds that a word covers before its start and after its end: speech detection starts early and
ends late, aligners do not. It counts for the coverage only."""


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
    timings = [word.timing for word in words]
    return Quality(
        coverage=coverage(chunks, recognized),
        uncovered=tuple(find_gaps(chunks, recognized)),
        suspects=tuple(find_suspects(replaced)),
        words_interpolated=timings.count("interpolated"),
        mean_confidence=mean_confidence(words),
    )


def find_gaps(chunks: Sequence[Chunk], segments: Sequence[TimedSegment]) -> list[Gap]:
    """Returns the speech without a word, channel by channel, in order of time.

    Suspect segments have no words.
    """
    gaps = []
    for channel in channels_of(chunks):
        speech: list[Interval] = []
        for chunk in chunks:
            if chunk.channel == channel:
                speech += without_padding(chunk.speech, chunk)
        words = covered_by_words(segments, channel)
        for interval in uncovered_speech(speech, words):
            gap = Gap(
                start=interval.start,
                end=interval.end,
                channel=channel,
            )
            gaps.append(gap)
    return sorted(gaps, key=lambda gap: (gap.start, gap.end))


def channels_of(chunks: Iterable[Chunk]) -> list[int | None]:
    """Returns the channels that were transcribed, each one once; None is the mix of all."""
    channels = [chunk.channel for chunk in chunks]
    return list(dict.fromkeys(channels))


def covered_by_words(
    segments: Iterable[TimedSegment], channel: int | None, margin: float = 0.0
) -> list[Interval]:
    """Returns the intervals of the channel's words, with this margin in seconds around each."""
    covered = []
    for segment in segments:
        if segment.channel != channel:
            continue
        for word in segment.words:
            interval = Interval(
                start=spoken_start(word) - margin,
                end=word.end + margin,
            )
            covered.append(interval)
    return covered


def spoken_start(word: TimedWord) -> float:
    """Returns the word's start, or a later one if the word cannot last so long.

    Only the times that the aligner did not find may include missed speech before the word.
    """
    if word.score is not None:
        return word.start
    return earliest_start(word.word, word.start, word.end)


def channel_speech(chunks: Iterable[Chunk], channel: int | None) -> list[Interval]:
    """Returns where someone speaks on the channel, as disjoint intervals in order."""
    speech: list[Interval] = []
    for chunk in chunks:
        if chunk.channel == channel:
            speech += chunk.speech
    return union(speech)


def coverage(chunks: Sequence[Chunk], segments: Sequence[TimedSegment]) -> float | None:
    """Returns the share of speech that words cover. None without speech."""
    speech_seconds = 0.0
    uncovered_seconds = 0.0
    for channel in channels_of(chunks):
        speech = channel_speech(chunks, channel)
        covered = covered_by_words(segments, channel, WORD_PADDING)
        speech_seconds += total_seconds(speech)
        uncovered_seconds += total_seconds(uncovered(speech, covered))
    if speech_seconds == 0:
        return None
    uncovered_share = uncovered_seconds / speech_seconds
    return finite(1 - uncovered_share)


def mean_confidence(words: Iterable[Word]) -> float | None:
    """Returns the mean of the known confidences, or None if none is known."""
    known = [word.confidence for word in words if word.confidence is not None]
    if not known:
        return None
    total = sum(known)
    count = len(known)
    return finite(total / count)


def find_suspects(segments: Iterable[TimedSegment]) -> list[Suspect]:
    """Returns the segments that were probably never said, in order of start."""
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
