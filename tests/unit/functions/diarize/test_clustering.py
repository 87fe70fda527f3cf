"""Speakers are counted by their d-vectors, and each slot of a window gets a speaker."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from functions.diarize.clustering import (
    UNASSIGNED,
    ClusterSums,
    Labels,
    Mask,
    Matrix,
    assign_speakers,
    centroids,
    clean_embeddings,
    cluster_speakers,
    is_known,
    merge_clusters,
    normalize,
)

SIZE = 64
NOISE = 0.065
"""Standard deviation in each dimension. Two d-vectors of one speaker are then about as far apart as
real ones: 0.2."""
NO_LIMIT = math.inf


def voices_of(count: int, apart: float = 0.3) -> Matrix:
    """Returns voices at equal cosine distances that have much in common, as d-vectors do."""
    own = np.eye(count, SIZE)
    return own * math.sqrt(apart) + np.eye(1, SIZE, SIZE - 1) * math.sqrt(1 - apart)


def d_vectors(voices: Matrix, order: Labels, noise: float = NOISE) -> Matrix:
    """Returns a noisy d-vector per window, of the speakers in this order: (windows, 1, size)."""
    varied = voices[order] + np.random.default_rng(1).normal(0, noise, (len(order), SIZE))
    return normalize(varied)[:, None]


def labels_of(embeddings: Matrix, min_clusters: int = 1, max_clusters: float = NO_LIMIT) -> Labels:
    """Returns the labels where every d-vector is a founding one."""
    return cluster_speakers(embeddings, is_known(embeddings), min_clusters, max_clusters)


def in_turn(*windows: int) -> Labels:
    """Returns each window's speaker: the first has so many windows, then the second, and so on."""
    return np.repeat(np.arange(len(windows)), windows)


def same(labels: Labels, order: Labels) -> bool:
    """Returns whether the labels agree up to their numbering."""
    return len(set(zip(labels, order, strict=True))) == len(set(labels)) == len(set(order))


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 6])
@pytest.mark.parametrize("windows", [8, 30, 200])
def test_speakers_are_counted_and_separated(count: int, windows: int) -> None:
    order = in_turn(*[windows] * count)
    assert same(labels_of(d_vectors(voices_of(count), order)), order)


def test_a_speaker_with_little_speech_is_separated_from_the_others() -> None:
    order = in_turn(300, 250, 6)
    assert same(labels_of(d_vectors(voices_of(3), order)), order)


def test_a_few_windows_that_differ_a_little_are_no_other_speaker() -> None:
    assert set(labels_of(d_vectors(voices_of(2, apart=0.22), in_turn(30, 2), noise=0.04))) == {0}


@pytest.mark.parametrize("count", [1, 3, 6])
def test_speakers_whose_voices_vary_are_separated(count: int) -> None:
    order = in_turn(*[40] * count)
    assert same(labels_of(d_vectors(voices_of(count, apart=0.4), order, noise=0.085)), order)


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_exactly_as_many_speakers_are_found_as_requested(count: int) -> None:
    voices = d_vectors(voices_of(2), in_turn(30, 30))
    assert len(set(labels_of(voices, count, count))) == count


def test_minimum_and_maximum_are_respected() -> None:
    voices = d_vectors(voices_of(3), in_turn(30, 30, 30))
    assert [
        len(set(labels_of(voices, *bounds)))
        for bounds in [(1, 2), (2, 3), (4, NO_LIMIT), (1, NO_LIMIT)]
    ] == [2, 3, 4, 3]


def test_there_are_never_more_speakers_than_d_vectors() -> None:
    assert set(labels_of(d_vectors(voices_of(1), in_turn(1)), 3, 3)) == {0}
    assert len(set(labels_of(d_vectors(voices_of(2), in_turn(1, 1)), 3, 3))) == 2


def test_similar_voices_in_the_same_windows_are_two_speakers() -> None:
    alike = d_vectors(voices_of(2, apart=0.1), in_turn(12, 12))
    assert len(set(labels_of(alike))) == 1
    both = np.full((24, 2, SIZE), np.nan)
    both[:, :1], both[:12, 1:] = alike, alike[12:]
    founding = is_known(both)
    founding[:, 1] = False
    assert len(set(cluster_speakers(both, founding, 1, NO_LIMIT))) == 2


def test_the_first_pass_makes_more_clusters_if_more_speakers_are_requested() -> None:
    alike = d_vectors(voices_of(2), in_turn(30, 30), noise=0.01)
    assert len(set(labels_of(alike))) == 2
    assert len(set(labels_of(alike, 3, 3))) == 3


def test_one_window_makes_no_speaker() -> None:
    far = voices_of(2, apart=0.9)
    assert labels_of(d_vectors(far, in_turn(1, 30))).tolist() == [-1] + [0] * 30
    assert sorted(set(labels_of(d_vectors(far, in_turn(2, 30))))) == [0, 1]


def test_one_window_makes_a_speaker_if_there_is_no_other() -> None:
    assert labels_of(d_vectors(voices_of(1), in_turn(1))).tolist() == [0]
    labels = labels_of(d_vectors(voices_of(2, apart=0.9), in_turn(30, 1)), min_clusters=2)
    assert sorted(set(labels)) == [0, 1]


def test_only_windows_that_share_no_audio_are_compared() -> None:
    one_cluster = ClusterSums.of(np.eye(6), np.arange(6), np.zeros(6, int), np.ones((1, 1)))
    assert one_cluster.pairs == pytest.approx(6, abs=1e-3)  # 0 with 4 and 5, 1 with 5, and back
    assert one_cluster.distance == pytest.approx(6, abs=1e-3)


def test_the_spread_of_few_pairs_is_drawn_towards_the_mean() -> None:
    pairs = np.diag([2.0, 1000])
    sums = ClusterSums(
        pairs * np.array([0.1, 0.2]),
        pairs,
        co_occurrence=np.zeros((2, 2)),
        sizes=np.array([3.0, 40]),
    )
    of_two_pairs, of_many = sums.spread()
    assert 0.15 < of_two_pairs < of_many == pytest.approx(0.2, abs=0.01)


def test_clusters_keep_their_order_when_others_merge() -> None:
    distance = (
        np.array(
            [[0.2, 0.5, 0.2, 0.5], [0.5, 0.2, 0.5, 0.5], [0.2, 0.5, 0.2, 0.5], [0.5, 0.5, 0.5, 0.2]]
        )
        * 99
    )
    sums = ClusterSums(
        distance, np.full((4, 4), 99.0), co_occurrence=np.zeros((4, 4)), sizes=np.full(4, 30.0)
    )
    assert merge_clusters(sums, 1, NO_LIMIT).tolist() == [0, 1, 0, 2]


def activity_of(*shares: tuple[float, float]) -> NDArray[np.float32]:
    """Returns activity, shape (windows, 100, 2): shares of the window in which each of two talks.

    The first talks from its start, the second until its end.
    """
    activity = np.zeros((len(shares), 100, 2), np.float32)
    for window, (one, other) in enumerate(shares):
        activity[window, : round(one * 100), 0] = 1
        activity[window, round((1 - other) * 100) :, 1] = 1
    return activity


def embeddings_of(*lengths: tuple[float, float]) -> Matrix:
    """Returns d-vectors of these lengths, shape (windows, 2, SIZE); NaN where the length is 0."""
    length = np.array(lengths)[:, :, None]
    return np.where(length > 0, length * np.eye(1, SIZE), np.nan)


def mask(*rows: tuple[int, int]) -> list[list[bool]]:
    booleans: list[list[bool]] = np.array(rows, bool).tolist()
    return booleans


def test_a_clean_d_vector_is_of_one_speaker_who_talks_alone_long_enough() -> None:
    embeddings = embeddings_of((0.95, 0.95), (0.85, 0), (0.95, 0.95))
    activity = activity_of((0.6, 0.3), (0.9, 0), (0.9, 0.7))
    assert clean_embeddings(embeddings, activity, 1).tolist() == mask((1, 0), (0, 0), (0, 0))


def test_less_clean_d_vectors_are_used_if_there_are_too_few() -> None:
    embeddings = embeddings_of((0.95, 0.95), (0.85, 0), (0, 0.95))
    activity = activity_of((0.6, 0.3), (0.9, 0), (0, 0.2))
    assert clean_embeddings(embeddings, activity, 2).tolist() == mask((1, 0), (1, 0), (0, 0))
    assert clean_embeddings(embeddings, activity, 3).tolist() == mask((1, 1), (1, 0), (0, 1))
    assert clean_embeddings(embeddings, activity, 9).tolist() == mask((1, 1), (1, 0), (0, 1))


ONE, OTHER = voices_of(2)
UNKNOWN = np.full(SIZE, np.nan)


def assigned(*d_vectors: Matrix, active: Mask | None = None) -> list[int]:
    """Returns the speakers of one window's slots; by default all of them are active."""
    all_active = np.ones((1, len(d_vectors)), bool)
    is_active = all_active if active is None else active
    window = np.stack(d_vectors)[None]
    speakers = assign_speakers(window, is_active, np.stack([ONE, OTHER]))
    return list(speakers[0])


def test_a_slot_gets_the_most_similar_speaker() -> None:
    assert assigned(OTHER) == [1]
    assert assigned(OTHER, ONE) == [1, 0]


def test_the_slots_of_a_window_get_different_speakers() -> None:
    assert assigned(ONE, 0.9 * ONE + 0.1 * OTHER) == [0, 1]
    assert sorted(assigned(ONE, OTHER, ONE + OTHER)) == [UNASSIGNED, 0, 1]


def test_a_slot_without_a_d_vector_gets_a_speaker_that_is_left_over() -> None:
    assert assigned(UNKNOWN, ONE) == [1, 0]
    assert assigned(UNKNOWN, OTHER) == [0, 1]
    assert assigned(UNKNOWN, ONE, OTHER) == [UNASSIGNED, 0, 1]


def test_an_inactive_slot_takes_no_speaker_from_others() -> None:
    silent_first = np.array([[False, True, True]])
    assert assigned(UNKNOWN, UNKNOWN, ONE, active=silent_first)[1:] == [1, 0]


def test_the_only_speaker_gets_every_slot() -> None:
    window = np.stack([ONE, UNKNOWN, OTHER])[None]
    speakers = assign_speakers(window, np.ones((1, 3), bool), ONE[None])
    assert speakers.tolist() == [[0, 0, 0]]


def test_centroids_leave_out_vectors_without_a_speaker() -> None:
    vectors = np.array([[1.0, 0], [3, 0], [0, 1], [5, 5]])
    assert centroids(vectors, np.array([0, 0, 1, -1])).tolist() == [[2, 0], [0, 1]]
