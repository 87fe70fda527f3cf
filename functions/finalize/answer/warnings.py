"""What a reader of the transcript should know: the stages' warnings and the transcript's own."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

from functions.finalize.answer.timed_segments import (
    TimedSegment,
    TimedWord,
    place_in_recording,
)
from functions.finalize.speakers.speakers import Speakers, speaker_limits
from shared.model.artifacts import Aligned, Chunk, Diarization, Interval, Manifest, StageWarning
from shared.model.options import Options
from shared.model.warnings import uncertain_speaker_count

SAME_SHARE = 0.8
"""Share of a channel's words that another channel must have, too, to be nearly the same."""
SAME_TIME = 0.5
"""Seconds between the starts of a word that two channels share."""
FEWEST_WORDS = 10
"""Words that a channel must have to be compared; fewer may be the same by chance."""


def is_split(manifest: Manifest) -> bool:
    """Returns whether each channel was transcribed on its own."""
    channels = [chunk.channel for chunk in manifest.chunks]
    return any(channel is not None for channel in channels)


def collect_warnings(
    manifest: Manifest,
    transcribed: Sequence[Chunk],
    aligned: Sequence[Aligned],
    diarizations: Sequence[Diarization | None],
) -> list[StageWarning]:
    """Returns the stages' warnings in recording time, each one once. `aligned` are of the chunks
    that were transcribed."""
    warnings = list(manifest.warnings)
    for chunk, output in zip(transcribed, aligned, strict=True):
        warnings += shift_warnings(output, chunk)
    for span, diarization in zip(manifest.spans, diarizations, strict=False):
        if diarization is not None:
            warnings += shift_warnings(diarization, span)
    unique = dict.fromkeys(warnings)
    return list(unique)


def shift_warnings(result: Aligned | Diarization, part: Interval | Chunk) -> Iterator[StageWarning]:
    """Yields the warnings about a part of the recording with their spans in recording time."""
    for warning in result.warnings:
        if warning.span is None:
            yield warning
            continue
        span = place_in_recording(warning.span, part)
        yield warning.model_copy(update={"span": span})


def find_warnings(
    manifest: Manifest,
    segments: Sequence[TimedSegment],
    speakers: Speakers,
    options: Options,
) -> Iterator[StageWarning]:
    """Yields the warnings that only the whole transcript shows."""
    has_words = any(segment.words for segment in segments)
    has_speech = any(chunk.speech for chunk in manifest.chunks)
    if not has_words and not has_speech:
        message = "Nobody speaks in this recording."
        yield new_warning("no_speech", message)
    suspects = sum(segment.is_suspect for segment in segments)
    if suspects:
        message = f"{suspects} sentences were probably never said. They are kept apart."
        yield new_warning("suspects", message)
    if is_split(manifest):
        yield from channel_warnings(segments)
    else:
        yield from speaker_warnings(speakers, options)


def new_warning(code: str, message: str) -> StageWarning:
    return StageWarning(code=code, stage="finalize", message=message)


def speaker_warnings(speakers: Speakers, options: Options) -> Iterator[StageWarning]:
    """Yields warnings about the number of speakers: uncertain, one only, or outside the options'
    limits."""
    count = len(speakers.labels)
    if speakers.second_count is not None:
        yield uncertain_speaker_count("finalize", count, speakers.second_count)
    if count == 1 and not speakers.unknown:
        yield new_warning("one_speaker", "Only one speaker was heard.")
    if count == 0:
        return
    fewest, most = speaker_limits(options)
    is_too_few = count < fewest and not speakers.unknown
    is_too_many = most is not None and count > most
    if is_too_few or is_too_many:
        message = f"{count} speakers were heard, which is not the number asked for."
        yield new_warning("speaker_count", message)


def channel_warnings(segments: Iterable[TimedSegment]) -> Iterator[StageWarning]:
    for one, other in same_channels(segments):
        message = f"Channels {one + 1} and {other + 1} hold nearly the same speech."
        yield new_warning("channels_alike", message)


def same_channels(segments: Iterable[TimedSegment]) -> Iterator[tuple[int, int]]:
    """Yields the pairs of channels with nearly the same speech.

    One channel bleeds into the other, or the recording is not truly stereo.
    """
    words_of: dict[int, list[TimedWord]] = defaultdict(list)
    for segment in segments:
        if segment.channel is not None:
            words_of[segment.channel] += segment.words
    channels = sorted(words_of)
    for one, other in combinations(channels, 2):
        if are_alike(words_of[one], words_of[other]):
            yield one, other


def are_alike(words: Sequence[TimedWord], others: Sequence[TimedWord]) -> bool:
    """Returns whether nearly all words of the channel that has fewer are on the other, too."""
    by_length = sorted((words, others), key=len)
    fewer, more = by_length
    count = len(fewer)
    if count < FEWEST_WORDS:
        return False
    shared = count_shared(fewer, more)
    share = shared / count
    return share >= SAME_SHARE


def count_shared(words: Sequence[TimedWord], others: Sequence[TimedWord]) -> int:
    """Returns how many of the words are also among the others at about the same time."""
    starts_of: dict[str, list[float]] = defaultdict(list)
    for other in others:
        spelling = other.word.casefold()
        starts_of[spelling].append(other.start)

    shared = 0
    for word in words:
        spelling = word.word.casefold()
        starts = starts_of[spelling]
        if is_near(word.start, starts):
            shared += 1
    return shared


def is_near(time: float, times: Sequence[float]) -> bool:
    """Returns whether one of the times, which are in order, is within SAME_TIME of `time`."""
    earliest = time - SAME_TIME
    latest = time + SAME_TIME
    first = bisect_left(times, earliest)
    if first == len(times):
        return False
    return times[first] <= latest
