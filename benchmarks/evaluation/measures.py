"""How right a transcript is: pure functions from a recording's truth and what a system made of it
to sums.

A measure answers with nothing where the truth does not allow it. Rates of many recordings are rates
of their sums, so that a minute weighs as much in a short recording as in a long one.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.evaluation.language_measures import language_right
from benchmarks.evaluation.result import Ratio, Result
from benchmarks.evaluation.speaker_measures import diarization_errors, speakers_counted
from benchmarks.evaluation.speech_measures import aligned, coverage, faults, invented
from benchmarks.evaluation.start_measures import spread, starts
from benchmarks.evaluation.truth import Recording
from benchmarks.evaluation.word_measures import speaker_errors, word_errors


@dataclass(frozen=True)
class Score:
    """What was counted in one recording."""

    ratios: Mapping[str, Ratio]
    counts: Mapping[str, int]
    start_errors: tuple[float, ...]
    """Seconds by which the start of each found onset is off."""


def score(truth: Recording, result: Result) -> Score:
    errors, ratios = starts(truth, result)
    for measure in RATIOS:
        ratios = ratios | measure(truth, result)
    return Score(ratios, faults(truth, result), errors)


def figures(scores: Sequence[Score]) -> dict[str, float]:
    """Returns the figures of many recordings.

    Rates are shares of 1, `invented` is words a minute, `speakers_off` and `speakers_found` are
    people in the mean, times are in seconds.
    """
    counts: dict[str, int] = defaultdict(int)
    errors: list[float] = []
    for one in scores:
        errors += one.start_errors
        for name, count in one.counts.items():
            counts[name] += count
    return rates(scores) | counts | spread(errors)


def rates(scores: Sequence[Score]) -> dict[str, float]:
    """Returns each ratio of many recordings, where its whole is not 0."""
    parts: dict[str, float] = defaultdict(float)
    wholes: dict[str, float] = defaultdict(float)
    for one in scores:
        for name, ratio in one.ratios.items():
            parts[name] += ratio.part
            wholes[name] += ratio.whole

    found = {}
    for name, whole in wholes.items():
        if whole > 0:
            found[name] = parts[name] / whole
    return found


def real_time_factor(truth: Recording, result: Result) -> dict[str, Ratio]:
    if result.error:
        return {}
    factor = Ratio(result.wall, truth.seconds)
    return {"rtf": factor}


RATIOS = (
    word_errors,
    speaker_errors,
    aligned,
    coverage,
    invented,
    diarization_errors,
    speakers_counted,
    language_right,
    real_time_factor,
)
