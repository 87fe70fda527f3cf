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
    latest_end = truth.seconds + ROUNDING
    return {
        "recordings": 1,
        "errors": int(result.error is not None),
        "words": len(result.words),
        "untimed": len(result.words) - len(timed),
        "unordered": sum(after[0] < before[0] for before, after in pairwise(timed)),
        "outside": sum(start < -ROUNDING or end > latest_end for start, end in timed),
        "reversed": sum(end < start for start, end in timed),
        "over_long": sum(end - start > LONGEST_WORD for start, end in timed),
        "without_speaker": sum(not word.speakers for word in result.words),
    }


def aligned(truth: Recording, result: Result) -> dict[str, Ratio]:
    placed = sum(word.timing == "aligned" for word in result.words)
    return {"aligned": Ratio(placed, len(result.words))}


def coverage(truth: Recording, result: Result) -> dict[str, Ratio]:
    """Returns the share of true speech that words cover; nothing if words have no times."""
    timed = result.intervals
    if not truth.utterances or (result.words and not timed):
        return {}
    spoken = timeline(spans(truth.utterances))
    covered = spoken.crop(timeline(timed, PADDING), mode="intersection")
    return {"coverage": Ratio(covered.duration(), spoken.duration())}


def invented(truth: Recording, result: Result) -> dict[str, Ratio]:
    """Returns the words that lie wholly where nobody speaks, and the minutes of that.

    Where nobody ever speaks, every word is invented.
    """
    if not truth.speech_known:
        return {}
    spoken = timeline(spans(truth.utterances), MARGIN)
    silence = spoken.gaps(Segment(0, truth.seconds))
    words = sum(made_up(word, spoken) for word in result.words)
    return {"invented": Ratio(words, silence.duration() / 60)}


def made_up(word: Word, spoken: Timeline) -> bool:
    if word.interval is None:
        return not spoken
    start, end = word.interval
    return not any(start < segment.end and segment.start < end for segment in spoken)


def spans(utterances: Iterable[Utterance]) -> Iterator[tuple[float, float]]:
    return ((utterance.start, utterance.end) for utterance in utterances)


def timeline(intervals: Iterable[tuple[float, float]], padding: float = 0.0) -> Timeline:
    """Returns their union, each made longer by the padding on both sides."""
    segments = []
    for start, end in intervals:
        segments.append(Segment(start - padding, max(start, end) + padding))
    return Timeline(segments).support()
