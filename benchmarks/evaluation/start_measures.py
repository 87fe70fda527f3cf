"""How far the starts of words are from the known ones."""

from collections.abc import Iterator, Sequence

import numpy as np

from benchmarks.evaluation.result import Ratio, Result
from benchmarks.evaluation.truth import Recording
from benchmarks.evaluation.word_measures import normaliser

NEAR = 1.0
"""Seconds within which a recognised word may be a word of the truth."""
WITHIN = (0.05, 0.1, 0.2)
"""Seconds by which a word's start may be off."""
Start = tuple[str, float]
"""A word and the second at which it starts."""


def starts(truth: Recording, result: Result) -> tuple[tuple[float, ...], dict[str, Ratio]]:
    """Returns by how many seconds each found onset is off, and how many of them were found.

    An onset is found when the same word was recognised near it; the closest pairs are taken first,
    each word once.
    """
    if not truth.onsets:
        return (), {}
    normal = normaliser(truth)
    onsets = []
    for onset in truth.onsets:
        said = first_word(normal(onset.word))
        onsets.append((said, onset.start))

    words = []
    for word in result.words:
        if word.start is not None:
            heard = first_word(normal(word.word))
            words.append((heard, word.start))

    errors = tuple(closest_pairs(onsets, words))
    return errors, {"onsets_found": Ratio(len(errors), len(onsets))}


def first_word(text: str) -> str:
    return text.partition(" ")[0]


def closest_pairs(onsets: Sequence[Start], words: Sequence[Start]) -> Iterator[float]:
    """Yields the seconds between each onset and the word that was found for it."""
    pairs = []
    for i, (said, onset) in enumerate(onsets):
        for j, (heard, start) in enumerate(words):
            error = abs(start - onset)
            if said == heard and error <= NEAR:
                pair = (error, i, j)
                pairs.append(pair)

    found, used = set[int](), set[int]()
    for error, i, j in sorted(pairs):
        if i not in found and j not in used:
            found.add(i)
            used.add(j)
            yield error


def spread(errors: Sequence[float]) -> dict[str, float]:
    """Returns median and 90th percentile in seconds, and the shares within each of WITHIN."""
    if not errors:
        return {}
    found = {
        "start_median": float(np.median(errors)),
        "start_p90": float(np.quantile(errors, 0.9)),
    }
    for limit in WITHIN:
        share = np.mean(np.array(errors) <= limit)
        found[f"start_within_{limit * 1000:.0f}ms"] = float(share)
    return found
