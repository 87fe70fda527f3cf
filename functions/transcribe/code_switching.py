"""Finds which language is spoken where, in recordings that may have several (code-switching)."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from math import log

from shared.model.artifacts import Interval

MAX_GROUP_SECONDS = 10.0
"""Speech that is judged together is at most so long, unless it is a single interval."""
MAX_PAUSE = 1.0
"""Seconds. After a longer pause another speaker may begin, in another language."""
CHANGE_WEIGHT = 0.2
"""Weight of a language that differs from the previous group's. A group between two others keeps its
own language if that is 25 times as probable as theirs. The base model's ratio for clips of 2 s and
more is 15 to 3000; where it is wrong, as in every third clip of at most 1 s, mostly 2 to 10."""
MAIN_WEIGHT = 2.0
"""Weight of the recording's main language; the others have 1."""
MIN_PROBABILITY = 1e-4
"""Lower bound of each probability, because the model is too certain about short clips."""

SpeechGroup = list[Interval]
"""Neighbouring speech intervals that are judged together."""


def group_speech(speech: Sequence[Interval]) -> list[SpeechGroup]:
    """Returns the speech in groups that are short and have no long pause."""
    groups: list[SpeechGroup] = []
    for interval in speech:
        if groups and belongs_to(groups[-1], interval):
            groups[-1].append(interval)
        else:
            groups.append([interval])
    return groups


def belongs_to(group: SpeechGroup, interval: Interval) -> bool:
    """Returns whether the group may be extended by the interval."""
    first = group[0]
    last = group[-1]
    pause = interval.start - last.end
    if pause > MAX_PAUSE:
        return False
    seconds = interval.end - first.start
    return seconds <= MAX_GROUP_SECONDS


def most_likely_languages(guesses: Sequence[Mapping[str, float]], main: str) -> list[str]:
    """Returns each group's language, found with the Viterbi algorithm.

    `guesses` are the probabilities of the languages in each group, `main` is the recording's main
    language. A group with an uncertain guess takes the language of its neighbours.
    """
    codes = {main}
    for guess in guesses:
        codes.update(guess)
    alphabetical = sorted(codes)
    scores = dict.fromkeys(alphabetical, 0.0)
    steps = []
    for guess in guesses:
        previous = best_predecessors(scores)
        scores = extend_scores(scores, previous, guess, main)
        steps.append(previous)
    return trace_back(scores, steps)


def best_predecessors(scores: Mapping[str, float]) -> dict[str, str]:
    """Returns for each language the most likely language of the previous group."""
    best = max(scores, key=scores.__getitem__)
    change = log(CHANGE_WEIGHT)
    score_after_change = scores[best] + change
    previous = {}
    for code, score in scores.items():
        previous[code] = code
        if score_after_change > score:
            previous[code] = best
    return previous


def extend_scores(
    scores: Mapping[str, float],
    previous: Mapping[str, str],
    guess: Mapping[str, float],
    main: str,
) -> dict[str, float]:
    """Returns for each language the log probability of the best path that ends in it."""
    extended = {}
    for code, before in previous.items():
        score = scores[before]
        if before != code:
            score += log(CHANGE_WEIGHT)
        guessed = guess.get(code, 0.0)
        probability = max(guessed, MIN_PROBABILITY)
        if code == main:
            probability *= MAIN_WEIGHT
        extended[code] = score + log(probability)
    return extended


def trace_back(scores: Mapping[str, float], steps: Sequence[Mapping[str, str]]) -> list[str]:
    """Returns the best path: one language per step."""
    code = max(scores, key=scores.__getitem__)
    path = [code]
    for previous in reversed(steps[1:]):
        code = previous[code]
        path.append(code)
    path.reverse()
    return path


def merge_groups(
    groups: Sequence[SpeechGroup], languages: Sequence[str]
) -> Iterator[tuple[str, list[Interval]]]:
    """Yields the speech of neighbouring groups that have the same language, with that language."""
    pairs = zip(languages, groups, strict=True)
    for language, neighbours in groupby(pairs, key=lambda pair: pair[0]):
        speech: list[Interval] = []
        for _, group in neighbours:
            speech += group
        yield language, speech
