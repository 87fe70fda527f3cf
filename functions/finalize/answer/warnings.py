"""What a reader of the transcript should know: the stages' warnings and the transcript's own."""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import combinations

from functions.finalize.answer.timed_segments import TimedSegment, TimedWord
from functions.finalize.speakers.speakers import speaker_limits
from shared.model.artifacts import Aligned, Chunk, Diarization, Interval, Manifest, StageWarning
from shared.model.intervals import clamp
from shared.model.options import Options
from shared.model.transcript import Language, Speaker

LOW_CONFIDENCE = 0.5
"""Confidence in the detected language below which another is likely."""
SAME_SHARE = 0.8
"""Share of a channel's words that another channel must have, too, to be nearly the same."""
SAME_TIME = 0.5
"""Seconds between the starts of a word that two channels share."""
FEWEST_WORDS = 10
"""Words that a channel must have to be compared; fewer may be the same by chance."""


def is_split(manifest: Manifest) -> bool:
    """Returns whether each channel was transcribed on its own."""
    return any(chunk.channel is not None for chunk in manifest.chunks)


def collect_warnings(
    manifest: Manifest, aligned: Sequence[Aligned], diarizations: Sequence[Diarization]
) -> list[StageWarning]:
    """Returns the stages' warnings in recording time, each one once."""
    warnings = list(manifest.warnings)
    for chunk, output in zip(manifest.chunks, aligned, strict=True):
        warnings += [shift_warning(warning, chunk) for warning in output.warnings]
    for span, diarization in zip(manifest.spans, diarizations, strict=False):
        warnings += [shift_warning(warning, span) for warning in diarization.warnings]
    return list(dict.fromkeys(warnings))


def shift_warning(warning: StageWarning, part: Interval | Chunk) -> StageWarning:
    """Returns the warning about a part of the recording with its span in recording time."""
    if warning.span is None:
        return warning
    start = clamp(part.start + warning.span.start, part)
    end = clamp(part.start + warning.span.end, part)
    return warning.model_copy(update={"span": Interval(start=start, end=end)})


def find_warnings(
    manifest: Manifest,
    segments: Sequence[TimedSegment],
    language: Language,
    speakers: Sequence[Speaker],
    options: Options,
) -> Iterator[StageWarning]:
    """Yields the warnings that only the whole transcript shows."""
    has_words = any(segment.words for segment in segments)
    has_speech = any(chunk.speech for chunk in manifest.chunks)
    if not has_words and not has_speech:
        yield new_warning("no_speech", "Nobody speaks in this recording.")
    if language.confidence is not None and language.confidence < LOW_CONFIDENCE:
        message = f"The language may be another than {language.code}."
        yield new_warning("language_uncertain", message)
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


def speaker_warnings(speakers: Sequence[Speaker], options: Options) -> Iterator[StageWarning]:
    count = len(speakers)
    if count == 1:
        yield new_warning("one_speaker", "Only one speaker was heard.")
    fewest, most = speaker_limits(options)
    is_too_many = most is not None and count > most
    if speakers and (count < fewest or is_too_many):
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
    for one, other in combinations(sorted(words_of), 2):
        fewer, more = sorted((words_of[one], words_of[other]), key=len)
        if len(fewer) < FEWEST_WORDS:
            continue
        if count_shared(fewer, more) >= SAME_SHARE * len(fewer):
            yield one, other


def count_shared(words: Sequence[TimedWord], others: Sequence[TimedWord]) -> int:
    """Returns how many of the words are also among the others at about the same time."""
    starts_of: dict[str, list[float]] = defaultdict(list)
    for other in others:
        starts_of[other.word.casefold()].append(other.start)
    return sum(is_near(word.start, starts_of[word.word.casefold()]) for word in words)


def is_near(time: float, times: Sequence[float]) -> bool:
    """Returns whether one of the times, which are in order, is within SAME_TIME of `time`."""
    first = bisect_left(times, time - SAME_TIME)
    return first < len(times) and times[first] <= time + SAME_TIME
