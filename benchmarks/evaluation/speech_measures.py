"""Whether words lie where speech is, and have times that words can have."""

from collections.abc import Iterable, Iterator
from itertools import pairwise

from pyannote.core import Segment, Timeline

from benchmarks.evaluation.result import Ratio, Result, Word
from benchmarks.evaluation.truth import Recording, Utterance

LONGEST_WORD = 1.5
"""Seconds. Only numbers in digits last longer; what else does has swallowed a pause."""
ROUNDING = 0.05
"""Seconds by which decoders do not agree on how long a recording is."""
PADDING = 0.3
"""Seconds around a word that it covers: an aligner may end a word early, and truth includes short
breaths."""
MARGIN = 0.5
"""Seconds from the nearest speech from which it is silent. A word nearer than that is late or
early, not invented."""


def faults(truth: Recording, result: Result) -> dict[str, int]:
    """Returns how many words have each fault that no word must have."""
    timed = result.intervals
    words = len(result.words)
    has_failed = result.error is not None
    latest_end = truth.seconds + ROUNDING
    return {
        "recordings": 1,
        "errors": int(has_failed),
        "words": words,
        "untimed": words - len(timed),
        "unordered": sum(after[0] < before[0] for before, after in pairwise(timed)),
        "outside": sum(start < -ROUNDING or end > latest_end for start, end in timed),
        "reversed": sum(end < start for start, end in timed),
        "over_long": sum(end - start > LONGEST_WORD for start, end in timed),
        "without_speaker": sum(not word.speakers for word in result.words),
    }


def aligned(truth: Recording, result: Result) -> dict[str, Ratio]:
    """Returns the share of words that an aligner placed."""
    placed = 0
    for word in result.words:
        if word.timing == "aligned":
            placed += 1
    words = len(result.words)
    return {"aligned": Ratio(placed, words)}


def coverage(truth: Recording, result: Result) -> dict[str, Ratio]:
    """Returns the share of true speech that words cover; nothing if words have no times."""
    timed = result.intervals
    has_no_times = bool(result.words) and not timed
    if has_no_times or not truth.utterances:
        return {}

    utterances = spans(truth.utterances)
    spoken = timeline(utterances)
    words = timeline(timed, PADDING)
    covered = spoken.crop(words, mode="intersection")
    share = Ratio(covered.duration(), spoken.duration())
    return {"coverage": share}


def invented(truth: Recording, result: Result) -> dict[str, Ratio]:
    """Returns the words that lie wholly where nobody speaks, and the minutes of that.

    Where nobody ever speaks, every word is invented.
    """
    if not truth.speech_known:
        return {}
    spoken = timeline(spans(truth.utterances), MARGIN)
    whole = Segment(0, truth.seconds)
    silence = spoken.gaps(whole)
    minutes = silence.duration() / 60
    words = sum(made_up(word, spoken) for word in result.words)
    return {"invented": Ratio(words, minutes)}


def made_up(word: Word, spoken: Timeline) -> bool:
    """Returns whether no part of a word is in speech. Without a time, a word may be in any."""
    if word.interval is None:
        return not spoken

    start, end = word.interval
    touches = (start < segment.end and segment.start < end for segment in spoken)
    return not any(touches)


def spans(utterances: Iterable[Utterance]) -> Iterator[tuple[float, float]]:
    for utterance in utterances:
        yield utterance.start, utterance.end


def timeline(intervals: Iterable[tuple[float, float]], padding: float = 0.0) -> Timeline:
    """Returns their union, each made longer by the padding on both sides."""
    segments = []
    for start, end in intervals:
        last = max(start, end)
        segment = Segment(start - padding, last + padding)
        segments.append(segment)
    return Timeline(segments).support()
