"""Cluster d-vectors by speaker, and count the speakers: agglomerative clustering in two passes.

The first pass groups d-vectors that are close to each other, into too many clusters rather than too
few. The second merges clusters whose centroids are close. A single d-vector says little about a
voice; the mean of many tells speakers apart.

Shapes: an embedding array is (windows, slots, size). Slots are the up to three speakers of a window
of audio; a slot's d-vector is NaN if its speaker talks too little.
"""

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage  # type: ignore[import-untyped]
from scipy.optimize import linear_sum_assignment  # type: ignore[import-untyped]

Matrix = NDArray[np.float64]
Labels = NDArray[np.int_]
Mask = NDArray[np.bool_]

MIN_SOLO_SHARE = 0.5
"""Share of a window in which a speaker must talk alone for a clean d-vector."""
MIN_NORM = 0.91
"""Length of a clean d-vector. A shorter one is the mean of unlike parts: two speakers were taken
for one."""
FIRST_PASS_DISTANCE = 0.22
"""Mean cosine distance up to which the first pass groups d-vectors."""
SPEAKER_DISTANCE = 0.145
"""Distance of two clusters' centroids from which they are different speakers."""
CO_OCCURRENCE_WEIGHT = 0.2
"""Added to that distance if one cluster never occurs without the other in the same window."""
HALF_TRUST_SIZE = 2.0
"""Windows in the smaller of two clusters at which their distance counts half."""
MIN_CLUSTER_SIZE = 2
"""D-vectors that make a speaker."""
PRIOR_PAIRS = 10.0
"""Pairs of d-vectors as which the mean of all clusters counts in each cluster's spread."""
WINDOW_OVERLAP = 4
"""Steps from a window to the next one that shares no audio with it."""
OVERLAPPING_PAIR_WEIGHT = 1e-6
"""Weight of a pair of windows that share audio: it matters only if there is no other pair."""
UNASSIGNED = -2
"""Label of a slot that is left without a speaker."""


def clean_embeddings(embeddings: Matrix, activity: NDArray[np.float32], min_clusters: int) -> Mask:
    """Returns which d-vectors are of one speaker and of enough speech, shape (windows, slots).

    Where they would be fewer than `min_clusters`, falls back to d-vectors that may mix voices, then
    to all. `activity` has shape (windows, frames, slots): 1 while a slot's speaker talks, else 0.
    """
    usable = is_known(embeddings)

    is_solo = activity.sum(2, keepdims=True) == 1
    solo_activity = activity * is_solo
    solo_share = solo_activity.mean(1)
    is_mostly_solo = solo_share >= MIN_SOLO_SHARE
    solo: Mask = usable & is_mostly_solo

    without_nan = np.nan_to_num(embeddings)
    norms = np.linalg.norm(without_nan, axis=2)
    is_uniform = norms >= MIN_NORM
    clean: Mask = solo & is_uniform

    if clean.sum() >= min_clusters:
        return clean
    if solo.sum() >= min_clusters:
        return solo
    return usable


def cluster_speakers(
    embeddings: Matrix, founding: Mask, min_clusters: int, max_clusters: float
) -> Labels:
    """Cluster label of each founding d-vector; -1 where the cluster is too small to be a speaker.

    `founding` has shape (windows, slots) and marks at least one d-vector: those that determine how
    many speakers there are.
    """
    normalized = normalize(embeddings)
    founders = normalized[founding]
    windows, _ = np.nonzero(founding)

    first_pass = first_pass_clusters(founders, min_clusters)
    co_occurrence = count_co_occurrence(normalized, centroids(founders, first_pass))
    sums = ClusterSums.of(founders, windows, first_pass, co_occurrence)

    merged = merge_clusters(sums, min_clusters, max_clusters)
    return drop_small_clusters(merged[first_pass], min_clusters)


def first_pass_clusters(vectors: Matrix, min_clusters: int) -> Labels:
    """Returns labels from average linkage: at least `min_clusters` if there are as many vectors."""
    if len(vectors) == 1:
        return np.zeros(1, int)

    tree = linkage(vectors, "average", metric="cosine")
    clusters: Labels = fcluster(tree, FIRST_PASS_DISTANCE, "distance")
    if clusters.max() < min_clusters:
        clusters = fcluster(tree, min_clusters, "maxclust")

    clusters -= 1  # fcluster counts from 1
    return clusters


def count_co_occurrence(embeddings: Matrix, cluster_centroids: Matrix) -> Matrix:
    """Returns in how many windows two clusters occur together, shape (clusters, clusters).

    Each d-vector belongs to the cluster with the nearest centroid. On the diagonal: in how many
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

    All but `sizes` have shape (clusters, clusters).
    """

    distance: Matrix
    """Weighted cosine distances of the pairs of d-vectors."""
    pairs: Matrix
    """Weights of the pairs: 1, or OVERLAPPING_PAIR_WEIGHT."""
    co_occurrence: Matrix
    """Windows in which both clusters occur; on the diagonal, in which the one occurs."""
    sizes: NDArray[np.float64]
    """D-vectors in each cluster, shape (clusters,)."""

    @classmethod
    def of(cls, vectors: Matrix, windows: Labels, clusters: Labels, co_occurrence: Matrix) -> Self:
        """Returns the sums for normalized vectors, with the window and the cluster of each."""
        steps_apart = np.abs(windows[:, None] - windows)
        is_overlapping = steps_apart < WINDOW_OVERLAP
        weights = np.where(is_overlapping, OVERLAPPING_PAIR_WEIGHT, 1)
        distance = (1 - vectors @ vectors.T) * weights

        identity = np.eye(clusters.max() + 1)
        membership = identity[clusters]
        return cls(
            distance=membership.T @ distance @ membership,
            pairs=membership.T @ weights @ membership,
            co_occurrence=co_occurrence,
            sizes=membership.sum(0),
        )

    def merged(self, target: int, source: int) -> Self:
        """Returns the sums after cluster `source` has become part of cluster `target`."""
        mapping = np.eye(len(self.sizes))
        mapping[source] = mapping[target]
        mapping = np.delete(mapping, source, axis=1)
        return type(self)(
            distance=mapping.T @ self.distance @ mapping,
            pairs=mapping.T @ self.pairs @ mapping,
            co_occurrence=mapping.T @ self.co_occurrence @ mapping,
            sizes=self.sizes @ mapping,
        )

    def centroid_distances(self) -> Matrix:
        """Returns the distance of each two clusters' centroids; infinite on the diagonal.

        Half the squared distance of two centroids is the mean distance of pairs across the clusters
        less that of pairs within. Clusters that occur in the same windows are further apart, and
        the distance of small clusters is trusted less.
        """
        across = self.distance / self.pairs
        within = self.spread()
        distances = across - (within[:, None] + within) / 2

        occurrences = np.maximum(np.diag(self.co_occurrence), 1)
        rarer = np.minimum(occurrences[:, None], occurrences)
        distances = distances + CO_OCCURRENCE_WEIGHT * self.co_occurrence / rarer

        smaller = np.minimum(self.sizes[:, None], self.sizes)
        distances *= smaller / (smaller + HALF_TRUST_SIZE)
        np.fill_diagonal(distances, np.inf)
        return distances

    def spread(self) -> NDArray[np.float64]:
        """Returns the mean distance of the pairs within each cluster, shape (clusters,).

        It is drawn towards the mean of all clusters, the more the fewer pairs a cluster has.
        """
        distance = np.diag(self.distance)
        pairs = np.diag(self.pairs)
        overall = distance.sum() / pairs.sum()

        distance_with_prior = distance + PRIOR_PAIRS * overall
        pairs_with_prior = pairs + PRIOR_PAIRS
        return np.asarray(distance_with_prior / pairs_with_prior)


def merge_clusters(sums: ClusterSums, min_clusters: int, max_clusters: float) -> Labels:
    """Returns the speaker of each cluster: the nearest two merge until they are different speakers.

    Merging goes on until there are at most `max_clusters`, and stops at `min_clusters`.
    """
    labels = np.arange(len(sums.sizes))
    for count in range(len(labels), min_clusters, -1):
        distances = sums.centroid_distances()
        nearest = int(distances.argmin())
        nearest_pair = divmod(nearest, count)
        target, source = sorted(nearest_pair)

        distance = distances[target, source]
        if distance >= SPEAKER_DISTANCE and count <= max_clusters:
            break

        sums = sums.merged(target, source)
        labels[labels == source] = target
        labels[labels > source] -= 1

    return labels


def drop_small_clusters(labels: Labels, min_clusters: int) -> Labels:
    """Returns the labels renumbered, with -1 for clusters below MIN_CLUSTER_SIZE.

    The `min_clusters` largest are kept whatever their size.
    """
    sizes = np.bincount(labels)
    guaranteed = min(min_clusters, len(sizes))
    smallest_guaranteed = np.sort(sizes)[-guaranteed]

    is_kept = sizes >= min(MIN_CLUSTER_SIZE, smallest_guaranteed)
    new_labels = np.cumsum(is_kept) - 1
    new_labels[~is_kept] = -1
    return new_labels[labels]


def assign_speakers(embeddings: Matrix, active: Mask, speaker_centroids: Matrix) -> Labels:
    """Returns the speaker of each slot, shape (windows, slots): each in at most one per window.

    UNASSIGNED where a window has more slots than there are speakers. `active` has shape (windows,
    slots): whether the slot's speaker talks at all. A slot without a d-vector gets a speaker that
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
        means.append(members.mean(0))

    return np.stack(means)


def normalize(vectors: Matrix) -> Matrix:
    """Returns the vectors scaled to length 1."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / lengths)


def is_known(embeddings: Matrix) -> Mask:
    """Returns which slots have a d-vector, shape (windows, slots)."""
    is_missing = np.isnan(embeddings).any(2)
    return np.asarray(~is_missing)
