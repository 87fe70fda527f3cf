"""Cluster speaker embeddings, and count the speakers: agglomerative clustering in two passes.

The first pass groups embeddings that are close to each other, into too many clusters rather than
too few. The second merges clusters whose centroids are close. A single embedding says little about
a voice, and noise moves it; the mean of many tells speakers apart.

Shapes: an embedding array is (windows, slots, size). Slots are the up to three speakers of a window
of audio; a slot's embedding is NaN if its speaker talks too little.
"""

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage  # type: ignore[import-untyped]
from scipy.optimize import linear_sum_assignment  # type: ignore[import-untyped]
from scipy.spatial.distance import squareform  # type: ignore[import-untyped]

from shared.model.voices import voice_distances

Matrix = NDArray[np.float64]
Labels = NDArray[np.int_]
Mask = NDArray[np.bool_]

MIN_SOLO_SECONDS = 0.8
"""Seconds that a speaker must talk alone in a window for an embedding that counts speakers."""
FIRST_PASS_DISTANCE = 0.5
"""Mean voice distance up to which the first pass groups embeddings."""
SPEAKER_DISTANCE = 0.29
"""Distance of two clusters' centroids from which they are different speakers."""
UNCERTAIN_SHARE = 0.15
"""Share by which SPEAKER_DISTANCE could as well be smaller or larger."""
NEARBY_DISTANCES = (
    SPEAKER_DISTANCE * (1 - UNCERTAIN_SHARE),
    SPEAKER_DISTANCE * (1 + UNCERTAIN_SHARE),
)
"""The smallest and the largest distance that SPEAKER_DISTANCE could as well be."""
CO_OCCURRENCE_WEIGHT = 0.2
"""Added to a distance of clusters if one never occurs without the other in the same window."""
PERSON_SPREAD = 0.33
"""Mean distance of two embeddings of one person, each of 2 s: 0.29 to 0.34 on wideband lines."""
PRIOR_PAIRS = 3.0
"""Pairs of embeddings as which PERSON_SPREAD counts in each cluster's spread."""
MIN_SPEAKER_SECONDS = 0.9
MIN_SPEAKER_SHARE = 0.02
"""A speaker talks alone for so many seconds, and for this share of all that is spoken alone. What
is less is noise, or the raised voice of another speaker."""
WINDOW_OVERLAP = 4
"""Steps from a window to the next one that shares no audio with it."""
OVERLAPPING_PAIR_WEIGHT = 1e-6
"""Weight of a pair of windows that share audio: it matters only if there is no other pair."""
UNASSIGNED = -2
"""Label of a slot that is left without a speaker."""


class Bounds(NamedTuple):
    """How many speakers there may be."""

    minimum: int
    maximum: float


class Founders(NamedTuple):
    """The embeddings that determine how many speakers there are, one per row."""

    vectors: Matrix
    """Of length 1, shape (founders, size)."""
    windows: Labels
    """The window of each."""
    seconds: NDArray[np.float64]
    """Speech that each stands for, without what overlapping windows share."""


class Clustering(NamedTuple):
    """The speakers that were found."""

    labels: Labels
    """Speaker of each founder; -1 where a cluster is too small to be a speaker."""
    second_count: int | None
    """The number of speakers that is nearly as likely; None if the number is certain."""


class Level(NamedTuple):
    """A state of the second pass, before the nearest two clusters merge."""

    labels: Labels
    """Cluster of each founder."""
    distance: float
    """Distance of the nearest two clusters; infinite if there is only one."""


def founder_mask(embeddings: Matrix, solo_seconds: Matrix, fewest: int) -> Mask:
    """Returns which embeddings determine the number of speakers, shape (windows, slots).

    They are of enough speech by one speaker alone. Where they would be fewer than `fewest`, half as
    much speech is enough, then any. `solo_seconds` has shape (windows, slots).
    """
    usable = is_known(embeddings)
    founders_needed = max(2, fewest)
    for least in (MIN_SOLO_SECONDS, MIN_SOLO_SECONDS / 2):
        is_long = solo_seconds >= least
        has_enough: Mask = usable & is_long
        if has_enough.sum() >= founders_needed:
            return has_enough
    return usable


def cluster_speakers(embeddings: Matrix, founders: Founders, bounds: Bounds) -> Clustering:
    """Returns the speakers of the founders, of which there is at least one.

    `embeddings` are those of all slots, of length 1; they tell which speakers occur together.
    """
    distances = voice_distances(founders.vectors)
    first_pass = first_pass_clusters(distances, bounds.minimum)
    first_centroids = centroids(founders.vectors, first_pass)
    co_occurrence = count_co_occurrence(embeddings, first_centroids)
    sums = ClusterSums.of(distances, founders.windows, first_pass, co_occurrence)

    levels = merge_levels(sums, first_pass)
    chosen = choose_level(levels, SPEAKER_DISTANCE, founders.seconds, bounds)
    labels = drop_small_clusters(chosen.labels, founders.seconds, bounds.minimum)
    second = second_count(levels, founders.seconds, bounds)
    return Clustering(labels, second)


def first_pass_clusters(distances: Matrix, minimum: int) -> Labels:
    """Returns labels from average linkage: at least `minimum` if there are as many embeddings."""
    count = len(distances)
    if count == 1:
        return np.zeros(1, int)

    symmetric = np.maximum(distances, 0)
    np.fill_diagonal(symmetric, 0)
    condensed = squareform(symmetric, checks=False)
    tree = linkage(condensed, "average")
    clusters: Labels = fcluster(tree, FIRST_PASS_DISTANCE, "distance")
    found = clusters.max()
    if found < minimum:
        clusters = fcluster(tree, minimum, "maxclust")
    return clusters - 1  # fcluster counts from 1


def count_co_occurrence(embeddings: Matrix, cluster_centroids: Matrix) -> Matrix:
    """Returns in how many windows two clusters occur together, shape (clusters, clusters).

    Each embedding belongs to the cluster with the nearest centroid. On the diagonal: in how many
    windows the cluster occurs.
    """
    similarity = embeddings @ normalize(cluster_centroids).T
    windows, slots = np.nonzero(is_known(embeddings))
    nearest = similarity[windows, slots].argmax(1)

    occurs = np.zeros((len(embeddings), len(cluster_centroids)))
    occurs[windows, nearest] = 1
    return occurs.T @ occurs


class ClusterSums(NamedTuple):
    """Sums from which the clusters' distances follow; when two clusters merge, theirs are added.

    All have shape (clusters, clusters).
    """

    distance: Matrix
    """Weighted voice distances of the pairs of embeddings."""
    pairs: Matrix
    """Weights of the pairs: 1, or OVERLAPPING_PAIR_WEIGHT."""
    co_occurrence: Matrix
    """Windows in which both clusters occur; on the diagonal, in which the one occurs."""

    @classmethod
    def of(
        cls, distances: Matrix, windows: Labels, clusters: Labels, co_occurrence: Matrix
    ) -> Self:
        """Returns the sums for the distances of embeddings with these windows and clusters."""
        steps_apart = np.abs(windows[:, None] - windows)
        is_overlapping = steps_apart < WINDOW_OVERLAP
        weights = np.where(is_overlapping, OVERLAPPING_PAIR_WEIGHT, 1)
        weighted = distances * weights

        count = clusters.max() + 1
        identity = np.eye(count)
        membership = identity[clusters]
        members = membership.T
        sums = members @ weighted @ membership
        pairs = members @ weights @ membership
        return cls(sums, pairs, co_occurrence)

    def merged(self, target: int, source: int) -> Self:
        """Returns the sums after cluster `source` has become part of cluster `target`."""
        return type(self)(
            distance=add_to(self.distance, target, source),
            pairs=add_to(self.pairs, target, source),
            co_occurrence=add_to(self.co_occurrence, target, source),
        )

    def centroid_distances(self) -> Matrix:
        """Returns the distance of each two clusters' centroids; infinite on the diagonal.

        Half the squared distance of two centroids is the mean distance of pairs across the clusters
        less that of pairs within. Clusters that occur in the same windows are further apart.
        """
        across = self.distance / self.pairs
        within = self.spread()
        mean_within = (within[:, None] + within) / 2
        distances = across - mean_within

        occurrences = np.maximum(np.diag(self.co_occurrence), 1)
        rarer = np.minimum(occurrences[:, None], occurrences)
        added = CO_OCCURRENCE_WEIGHT * self.co_occurrence / rarer
        distances = distances + added
        np.fill_diagonal(distances, np.inf)
        return distances

    def spread(self) -> NDArray[np.float64]:
        """Returns the mean distance of the pairs within each cluster, shape (clusters,).

        It is drawn towards PERSON_SPREAD, the more the fewer pairs a cluster has. Were it drawn
        towards the mean of all clusters, one wrong merge would bring all clusters nearer to each
        other and cause the next. In short recordings with a turn each, few other pairs are left.
        """
        distance = np.diag(self.distance)
        pairs = np.diag(self.pairs)
        distance_with_prior = distance + PRIOR_PAIRS * PERSON_SPREAD
        pairs_with_prior = pairs + PRIOR_PAIRS
        return np.asarray(distance_with_prior / pairs_with_prior)


def add_to(matrix: Matrix, target: int, source: int) -> Matrix:
    """Returns the matrix with row and column `source` added to those of `target`, then removed."""
    added = matrix.copy()
    added[target] += added[source]
    added[:, target] += added[:, source]
    without_row = np.delete(added, source, axis=0)
    return np.delete(without_row, source, axis=1)


def merge_levels(sums: ClusterSums, first_pass: Labels) -> list[Level]:
    """Returns all levels: from the clusters of the first pass to one cluster, by merging the
    nearest two each time."""
    labels = first_pass
    levels = []
    clusters = first_pass.max() + 1
    for count in range(clusters, 1, -1):
        distances = sums.centroid_distances()
        position = distances.argmin()
        nearest = int(position)
        pair = divmod(nearest, count)
        distance = float(distances[pair])
        level = Level(labels, distance)
        levels.append(level)

        target, source = sorted(pair)
        sums = sums.merged(target, source)
        is_source = labels == source
        joined = np.where(is_source, target, labels)
        is_later = joined > source
        labels = joined - is_later

    last = Level(labels, np.inf)
    levels.append(last)
    return levels


def choose_level(
    levels: Sequence[Level], distance: float, seconds: NDArray[np.float64], bounds: Bounds
) -> Level:
    """Returns the first level whose clusters are all at least `distance` apart, or the nearest
    level to it whose number of speakers is within the bounds.

    If there is none, it is the last level with at least the minimum of clusters of any size.
    """
    is_apart = [level.distance >= distance for level in levels]
    first_apart = is_apart.index(True)

    allowed = []
    for index, level in enumerate(levels):
        count = count_speakers(level.labels, seconds)
        if bounds.minimum <= count <= bounds.maximum:
            allowed.append(index)
    if not allowed:
        return level_with(levels, bounds.minimum)

    nearest = min(allowed, key=lambda index: abs(index - first_apart))
    return levels[nearest]


def level_with(levels: Sequence[Level], clusters: int) -> Level:
    """Returns the last level with at least so many clusters of any size, or the first level."""
    for level in reversed(levels):
        if level.labels.max() + 1 >= clusters:
            return level
    return levels[0]


def second_count(
    levels: Sequence[Level], seconds: NDArray[np.float64], bounds: Bounds
) -> int | None:
    """Returns the number of speakers for a distance that is a little smaller or larger, if it is
    another number than that for SPEAKER_DISTANCE."""
    likeliest = count_at(SPEAKER_DISTANCE, levels, seconds, bounds)
    for distance in NEARBY_DISTANCES:
        count = count_at(distance, levels, seconds, bounds)
        if count != likeliest:
            return count
    return None


def count_at(
    distance: float, levels: Sequence[Level], seconds: NDArray[np.float64], bounds: Bounds
) -> int:
    """Returns the number of speakers whose clusters are at least `distance` apart."""
    level = choose_level(levels, distance, seconds, bounds)
    return count_speakers(level.labels, seconds)


def count_speakers(labels: Labels, seconds: NDArray[np.float64]) -> int:
    """Returns how many clusters have enough speech to be a speaker; at least 1."""
    has_enough = has_enough_speech(labels, seconds)
    return max(1, int(has_enough.sum()))


def has_enough_speech(labels: Labels, seconds: NDArray[np.float64]) -> Mask:
    """Returns whether each cluster has enough speech to be a speaker. Label -1 is left out."""
    of_clusters = cluster_seconds(labels, seconds)
    least = max(MIN_SPEAKER_SECONDS, MIN_SPEAKER_SHARE * seconds.sum())
    return np.asarray(of_clusters >= least)


def cluster_seconds(labels: Labels, seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns the speech of each cluster, shape (clusters,). Label -1 is left out."""
    is_member = labels >= 0
    totals = np.bincount(labels[is_member], weights=seconds[is_member])
    return np.asarray(totals, np.float64)


def drop_small_clusters(labels: Labels, seconds: NDArray[np.float64], minimum: int) -> Labels:
    """Returns the labels renumbered, with -1 for clusters that are too small to be a speaker.

    The `minimum` largest are kept whatever their size.
    """
    of_clusters = cluster_seconds(labels, seconds)
    largest_first = np.argsort(-of_clusters, kind="stable")
    always_kept = largest_first[:minimum]

    is_kept = has_enough_speech(labels, seconds)
    is_kept[always_kept] = True
    is_dropped = ~is_kept

    new_labels = np.cumsum(is_kept) - 1
    new_labels[is_dropped] = -1
    return new_labels[labels]


def assign_speakers(embeddings: Matrix, active: Mask, speaker_centroids: Matrix) -> Labels:
    """Returns the speaker of each slot, shape (windows, slots): each in at most one per window.

    UNASSIGNED where a window has more slots than there are speakers. `active` has shape (windows,
    slots): whether the slot's speaker talks at all. A slot without an embedding gets a speaker that
    is left over.
    """
    if len(speaker_centroids) == 1:
        return np.zeros(active.shape, int)

    similarity = normalize(embeddings) @ normalize(speaker_centroids).T
    lowest = np.nanmin(similarity)
    similarity = np.nan_to_num(similarity, nan=lowest)
    similarity[~active] = lowest - 1

    speakers = np.full(active.shape, UNASSIGNED)
    for window, window_similarity in enumerate(similarity):
        slots, assigned = linear_sum_assignment(window_similarity, maximize=True)
        speakers[window, slots] = assigned
    return speakers


def centroids(vectors: Matrix, labels: Labels) -> Matrix:
    """Returns the mean vector of each cluster, shape (clusters, size); label -1 is left out."""
    means = []
    count = labels.max() + 1
    for label in range(count):
        is_member = labels == label
        members = vectors[is_member]
        mean = members.mean(0)
        means.append(mean)

    return np.stack(means)


def normalize(vectors: Matrix) -> Matrix:
    """Returns the vectors scaled to length 1."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / lengths)


def is_known(embeddings: Matrix) -> Mask:
    """Returns which slots have an embedding, shape (windows, slots)."""
    is_missing = np.isnan(embeddings).any(2)
    return np.asarray(~is_missing)
