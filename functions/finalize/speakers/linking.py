"""Which speakers of different spans are the same person: agglomerative clustering of their
voices."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from shared.model.artifacts import Diarization

THRESHOLD = 0.4
"""Cosine distance from which two voices are different people: about where pyannote's own pipeline
stops clustering WeSpeaker vectors. Not measured on linked spans."""
THRESHOLDS = {"embedded": 0.2}
"""By diarization model, where it is another. d-vectors have no negative part, so all are near each
other: among 20 people one and the same measured at most 0.07 (0.21 from less than 15 s of speech),
two at least 0.2 (0.16 in one clip).
"""
UNKNOWN = 1.0
"""The distance of a speaker without a usable voice to anyone: never near, but first to join when
the count is fixed."""

Voice = tuple[int, str]
"""A speaker as named in one span: the span's index and the name."""
Matrix = NDArray[np.float64]


def link(spans: Sequence[Diarization], fewest: int, most: int | None) -> list[list[Voice]]:
    """The voices of each person. Between `fewest` and `most` people, if there are as many voices.

    Average linkage: the nearest two groups join until none are nearer than the model's threshold.
    Two voices of one span were told apart by ear, so they join only when `most` leaves no other
    way.
    """
    voices = [(index, name) for index, span in enumerate(spans) for name in names(span)]
    if not voices:
        return []
    groups = [[voice] for voice in voices]
    apart = distances(
        [np.array(spans[index].embeddings.get(name, ()), float) for index, name in voices]
    )
    threshold = THRESHOLDS.get(spans[0].engine.model or "", THRESHOLD)
    span_of = np.array([index for index, _ in voices])
    barred = span_of[:, None] == span_of
    while len(groups) > max(1, fewest):
        crowded = most is not None and len(groups) > most
        allowed = np.where(barred, np.inf, apart)
        if crowded and not np.isfinite(allowed).any():
            allowed = apart
        one, other = sorted(divmod(int(allowed.argmin()), len(groups)))
        if not crowded and allowed[one, other] >= threshold:
            break
        apart, barred = joined(apart, barred, [len(group) for group in groups], one, other)
        groups[one] += groups.pop(other)
    return groups


def names(span: Diarization) -> list[str]:
    """Every speaker with a turn, in order of name."""
    return sorted({turn.speaker for turn in (*span.turns, *span.overlapping)})


def distances(embeddings: Sequence[Matrix]) -> Matrix:
    """Cosine distance between all pairs; infinite to oneself."""
    apart = np.full((len(embeddings), len(embeddings)), UNKNOWN)
    usable = [index for index, one in enumerate(embeddings) if 0 < np.linalg.norm(one) < np.inf]
    if usable:
        units = np.stack(
            [embeddings[index] / np.linalg.norm(embeddings[index]) for index in usable]
        )
        apart[np.ix_(usable, usable)] = 1 - units @ units.T
    np.fill_diagonal(apart, np.inf)
    return apart


def joined(
    apart: Matrix, barred: NDArray[np.bool_], sizes: list[int], one: int, other: int
) -> tuple[Matrix, NDArray[np.bool_]]:
    """Both matrices after group `other` joined group `one`: distances are means over all pairs of
    voices."""
    apart, barred = apart.copy(), barred.copy()
    mean = (sizes[one] * apart[one] + sizes[other] * apart[other]) / (sizes[one] + sizes[other])
    either = barred[one] | barred[other]
    apart[one, :], apart[:, one] = mean, mean
    barred[one, :], barred[:, one] = either, either
    apart[one, one] = np.inf
    return np.delete(np.delete(apart, other, 0), other, 1), np.delete(
        np.delete(barred, other, 0), other, 1
    )
