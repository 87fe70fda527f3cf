"""Finds the same person in different spans: agglomerative clustering of speakers' voices."""

from collections.abc import Sequence
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from shared.model.artifacts import Diarization

VOICE_DISTANCE = 0.4
"""Cosine distance from which two voices are different people: about where pyannote's own pipeline
stops clustering WeSpeaker vectors. Not measured on linked spans."""
VOICE_DISTANCES_OF_MODELS = {"embedded": 0.2}
"""Voice distances of diarization models that need another one. The embedded model's d-vectors have
no negative elements, so all of them are near each other. Among 20 people, two recordings of one
person were at most 0.07 apart (0.21 with less than 15 s of speech), two people at least 0.2 (0.16
in one clip)."""
UNKNOWN_DISTANCE = 1.0
"""Distance of a speaker without a usable voice to every other: above every threshold, so that such
a speaker joins another only if the number of speakers is limited."""


class SpanSpeaker(NamedTuple):
    """A speaker of one span."""

    span: int
    """Index of the span."""
    name: str
    """The diarizer's name, valid within the span only."""


Matrix = NDArray[np.float64]
"""Distances between clusters; shape (clusters, clusters), infinite on the diagonal."""
Mask = NDArray[np.bool_]
"""Whether two clusters have speakers of one span; shape (clusters, clusters)."""
Scalar = TypeVar("Scalar", bound=np.generic)


def link_speakers(
    diarizations: Sequence[Diarization], fewest: int, most: int | None
) -> list[list[SpanSpeaker]]:
    """Returns one list of speakers per person: between `fewest` and `most` people, if possible.

    Average linkage: the nearest two clusters join until none are nearer than the model's threshold.
    The diarizer told the speakers of one span apart, so they join only if `most` cannot be kept
    otherwise.
    """
    speakers = span_speakers(diarizations)
    if not speakers:
        return []
    model = diarizations[0].engine.model or ""
    threshold = VOICE_DISTANCES_OF_MODELS.get(model, VOICE_DISTANCE)
    clusters = [[speaker] for speaker in speakers]
    embeddings = [embedding_of(speaker, diarizations) for speaker in speakers]
    distances = cosine_distances(embeddings)
    spans = np.array([speaker.span for speaker in speakers])
    share_span = spans[:, None] == spans

    while len(clusters) > max(1, fewest):
        too_many = most is not None and len(clusters) > most
        allowed = np.where(share_span, np.inf, distances)
        if too_many and not np.isfinite(allowed).any():
            allowed = distances
        one, other = nearest_pair(allowed)
        if not too_many and allowed[one, other] >= threshold:
            break
        sizes = len(clusters[one]), len(clusters[other])
        distances = join_distances(distances, one, other, sizes)
        share_span = join_masks(share_span, one, other)
        clusters[one] += clusters.pop(other)
    return clusters


def span_speakers(diarizations: Sequence[Diarization]) -> list[SpanSpeaker]:
    """Returns every speaker with a turn, in order of span and name."""
    speakers = set()
    for index, diarization in enumerate(diarizations):
        for turn in (*diarization.turns, *diarization.overlapping):
            speakers.add(SpanSpeaker(index, turn.speaker))
    return sorted(speakers)


def embedding_of(speaker: SpanSpeaker, diarizations: Sequence[Diarization]) -> Matrix:
    """Returns the speaker's voice as a vector; an empty one if the diarizer has none."""
    diarization = diarizations[speaker.span]
    embedding = diarization.embeddings.get(speaker.name, ())
    return np.array(embedding, dtype=np.float64)


def cosine_distances(embeddings: Sequence[Matrix]) -> Matrix:
    """Returns the cosine distance between all pairs, UNKNOWN_DISTANCE for unusable vectors."""
    count = len(embeddings)
    distances = np.full((count, count), UNKNOWN_DISTANCE)
    norms = [float(np.linalg.norm(embedding)) for embedding in embeddings]
    usable = [index for index, norm in enumerate(norms) if 0 < norm < np.inf]
    if usable:
        units = np.stack([embeddings[index] / norms[index] for index in usable])
        similarities = units @ units.T
        pairs = np.ix_(usable, usable)
        distances[pairs] = 1 - similarities
    np.fill_diagonal(distances, np.inf)
    return distances


def nearest_pair(distances: Matrix) -> tuple[int, int]:
    """Returns the indices of the nearest two clusters, the smaller one first."""
    position = int(distances.argmin())
    count = len(distances)
    row, column = divmod(position, count)
    smaller = min(row, column)
    larger = max(row, column)
    return smaller, larger


def join_distances(distances: Matrix, one: int, other: int, sizes: tuple[int, int]) -> Matrix:
    """Returns the distances after cluster `other` joined `one`: means over all pairs of speakers.

    `sizes` are the numbers of speakers in `one` and in `other`.
    """
    sums = sizes[0] * distances[one] + sizes[1] * distances[other]
    means = sums / sum(sizes)
    joined = distances.copy()
    joined[one, :] = means
    joined[:, one] = means
    joined[one, one] = np.inf
    return without_index(joined, other)


def join_masks(mask: Mask, one: int, other: int) -> Mask:
    """Returns the mask after cluster `other` joined `one`: set where it was for either."""
    either = mask[one] | mask[other]
    joined = mask.copy()
    joined[one, :] = either
    joined[:, one] = either
    return without_index(joined, other)


def without_index(matrix: NDArray[Scalar], index: int) -> NDArray[Scalar]:
    """Returns the matrix without that row and that column."""
    without_row = np.delete(matrix, index, axis=0)
    return np.delete(without_row, index, axis=1)
