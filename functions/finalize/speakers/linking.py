"""Finds the same person in different spans: agglomerative clustering of speakers' voices."""

from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from shared.model.artifacts import Diarization
from shared.model.voices import cosine_distances, voice_distances
from shared.settings import EMBEDDED_DIARIZE_MODEL

VOICE_DISTANCE = 0.4
"""Distance from which two voices are different people. For the embedded model it is a share of the
distance of two strangers. In 648 pairs of voices, each of half a recording, those of one person
were less than 0.35 apart in 95 % of cases, and less than 0.2 in all with more than 15 s of speech;
those of two people were less than 0.5 apart in 1 %, and in none with more than 15 s. For other
models it is a cosine distance, about where pyannote's own pipeline
stops clustering WeSpeaker vectors; that was not measured on linked spans."""
UNCERTAIN_SHARE = 0.15
"""Share by which VOICE_DISTANCE could as well be smaller or larger."""
NEARBY_DISTANCES = (
    VOICE_DISTANCE * (1 - UNCERTAIN_SHARE),
    VOICE_DISTANCE * (1 + UNCERTAIN_SHARE),
)
"""The smallest and the largest distance that VOICE_DISTANCE could as well be."""
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
    diarizations: Sequence[Diarization],
    fewest: int,
    most: int | None,
    threshold: float = VOICE_DISTANCE,
) -> list[list[SpanSpeaker]]:
    """Returns one list of speakers per person: between `fewest` and `most` people, if possible.

    Average linkage: the nearest two clusters join until none are nearer than the threshold.
    The diarizer told the speakers of one span apart, so they join only if `most` cannot be kept
    otherwise.
    """
    speakers = span_speakers(diarizations)
    if not speakers:
        return []
    clusters = [[speaker] for speaker in speakers]
    distances = speaker_distances(speakers, diarizations)
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


def speaker_distances(
    speakers: Sequence[SpanSpeaker], diarizations: Sequence[Diarization]
) -> Matrix:
    """Returns the distance of each two speakers' voices, by the model that made them."""
    embeddings = [embedding_of(speaker, diarizations) for speaker in speakers]
    engine = diarizations[0].engine
    distance = cosine_distances
    if engine.model == EMBEDDED_DIARIZE_MODEL:
        distance = voice_distances
    return known_distances(embeddings, distance)


def second_count(diarizations: Sequence[Diarization], fewest: int, most: int | None) -> int | None:
    """Returns how many people there are for a threshold that is a little smaller or larger, if that
    is another number; None if it is the same.

    The speakers of a single span are not linked, so their number is certain.
    """
    if len(diarizations) < 2:
        return None
    likeliest = link_speakers(diarizations, fewest, most)
    for distance in NEARBY_DISTANCES:
        people = link_speakers(diarizations, fewest, most, distance)
        if len(people) != len(likeliest):
            return len(people)
    return None


def span_speakers(diarizations: Sequence[Diarization]) -> list[SpanSpeaker]:
    """Returns every speaker with a turn, in order of span and name."""
    speakers = set()
    for index, diarization in enumerate(diarizations):
        turns = (*diarization.turns, *diarization.overlapping)
        for turn in turns:
            speaker = SpanSpeaker(index, turn.speaker)
            speakers.add(speaker)
    return sorted(speakers)


def embedding_of(speaker: SpanSpeaker, diarizations: Sequence[Diarization]) -> Matrix:
    """Returns the speaker's voice as a vector; an empty one if the diarizer has none."""
    diarization = diarizations[speaker.span]
    embedding = diarization.embeddings.get(speaker.name, ())
    return np.array(embedding, dtype=np.float64)


def known_distances(embeddings: Sequence[Matrix], distance: Callable[[Matrix], Matrix]) -> Matrix:
    """Returns the distance between all pairs, UNKNOWN_DISTANCE for unusable vectors.

    `distance` returns the distances of usable vectors, scaled to length 1.
    """
    count = len(embeddings)
    distances = np.full((count, count), UNKNOWN_DISTANCE)
    units = []
    usable = []
    for index, embedding in enumerate(embeddings):
        norm = float(np.linalg.norm(embedding))
        if 0 < norm < np.inf:
            units.append(embedding / norm)
            usable.append(index)
    if usable:
        matrix = np.stack(units)
        pairs = np.ix_(usable, usable)
        distances[pairs] = distance(matrix)
    np.fill_diagonal(distances, np.inf)
    return distances


def nearest_pair(distances: Matrix) -> tuple[int, int]:
    """Returns the indices of the nearest two clusters, the smaller one first."""
    nearest = distances.argmin()
    position = int(nearest)
    count = len(distances)
    pair = divmod(position, count)
    smaller, larger = sorted(pair)
    return smaller, larger


def join_distances(distances: Matrix, one: int, other: int, sizes: tuple[int, int]) -> Matrix:
    """Returns the distances after cluster `other` joined `one`: means over all pairs of speakers.

    `sizes` are the numbers of speakers in `one` and in `other`.
    """
    size_of_one, size_of_other = sizes
    sum_of_one = size_of_one * distances[one]
    sum_of_other = size_of_other * distances[other]
    sums = sum_of_one + sum_of_other
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
