"""Speakers are counted by their embeddings, and each slot of a window gets a speaker."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from functions.diarize.clustering import (
    PERSON_SPREAD,
    SPEAKER_DISTANCE,
    UNASSIGNED,
    Bounds,
    Clustering,
    ClusterSums,
    Founders,
    Labels,
    Mask,
    Matrix,
    add_to,
    assign_speakers,
    centroids,
    cluster_speakers,
    founder_mask,
    is_known,
    merge_levels,
    normalize,
)
from shared.model.voices import narrowband_direction, voice_distances

SIZE = 192
NOISE = 0.04
"""Standard deviation in each dimension. Two embeddings of one speaker are then about as far apart
as real ones: 0.25."""
NO_LIMIT = math.inf


def voices_of(count: int, apart: float = 0.85) -> Matrix:
    """Returns voices of length 1 at equal cosine distances, in wideband."""
    basis = np.eye(SIZE)[: count + 1]
    wideband = basis - np.outer(basis @ narrowband_direction(), narrowband_direction())
    orthogonal = np.linalg.qr(wideband.T)[0].T
    return orthogonal[1:] * math.sqrt(apart) + orthogonal[:1] * math.sqrt(1 - apart)


def embeddings_of(voices: Matrix, order: Labels, noise: float = NOISE) -> Matrix:
    """Returns a noisy embedding per window, of the speakers in this order: (windows, 1, size)."""
    varied = voices[order] + np.random.default_rng(1).normal(0, noise, (len(order), SIZE))
    return normalize(varied)[:, None]


def clustering_of(
    embeddings: Matrix,
    minimum: int = 1,
    maximum: float = NO_LIMIT,
    seconds: float = 0.5,
    founding: Mask | None = None,
) -> Clustering:
    """Returns the clustering where every embedding is a founder and stands for so much speech."""
    is_founder = is_known(embeddings) if founding is None else founding
    windows, _ = np.nonzero(is_founder)
    founders = Founders(embeddings[is_founder], windows, np.full(len(windows), seconds))
    return cluster_speakers(embeddings, founders, Bounds(minimum, maximum))


def labels_of(embeddings: Matrix, minimum: int = 1, maximum: float = NO_LIMIT) -> Labels:
    return clustering_of(embeddings, minimum, maximum).labels


def in_turn(*windows: int) -> Labels:
    """Returns each window's speaker: the first has so many windows, then the second, and so on."""
    return np.repeat(np.arange(len(windows)), windows)


def same(labels: Labels, order: Labels) -> bool:
    """Returns whether the labels agree up to their numbering."""
    return len(set(zip(labels, order, strict=True))) == len(set(labels)) == len(set(order))


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 6, 8, 10])
@pytest.mark.parametrize("windows", [8, 30])
def test_speakers_are_counted_and_separated(count: int, windows: int) -> None:
    order = in_turn(*[windows] * count)
    assert same(labels_of(embeddings_of(voices_of(count), order)), order)


def test_a_speaker_with_little_speech_is_separated_from_the_others() -> None:
    order = in_turn(100, 80, 6)
    assert same(labels_of(embeddings_of(voices_of(3), order)), order)


def test_six_speakers_with_one_turn_each_are_separated() -> None:
    order = in_turn(4, 5, 4, 6, 4, 5)
    assert same(labels_of(embeddings_of(voices_of(6), order)), order)


def test_a_few_windows_that_differ_a_little_are_no_other_speaker() -> None:
    varied = embeddings_of(voices_of(2, apart=0.25), in_turn(30, 2), noise=0.02)
    assert set(labels_of(varied)) == {0}


@pytest.mark.parametrize("count", [1, 3, 6])
def test_speakers_whose_voices_vary_are_separated(count: int) -> None:
    order = in_turn(*[40] * count)
    assert same(labels_of(embeddings_of(voices_of(count), order, noise=0.055)), order)


@pytest.mark.parametrize("count", [1, 2, 4, 7])
def test_speakers_on_a_telephone_are_counted_and_separated(count: int) -> None:
    """Their embeddings share a component; strangers are as similar as one person in noise."""
    order = in_turn(*[12] * count)
    on_the_line = normalize(voices_of(count) + 0.75 * narrowband_direction())
    if count > 1:
        assert on_the_line[0] @ on_the_line[1] > 0.4
    assert same(labels_of(embeddings_of(on_the_line, order, noise=0.03)), order)


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_exactly_as_many_speakers_are_found_as_requested(count: int) -> None:
    voices = embeddings_of(voices_of(2), in_turn(30, 30), noise=0.06)
    assert len(set(labels_of(voices, count, count))) == count


def test_minimum_and_maximum_are_respected() -> None:
    voices = embeddings_of(voices_of(3), in_turn(30, 30, 30), noise=0.06)
    assert [
        len(set(labels_of(voices, *bounds)))
        for bounds in [(1, 2), (2, 3), (4, NO_LIMIT), (1, NO_LIMIT)]
    ] == [2, 3, 4, 3]


def test_there_are_never_more_speakers_than_embeddings() -> None:
    assert set(labels_of(embeddings_of(voices_of(1), in_turn(1)), 3, 3)) == {0}
    assert len(set(labels_of(embeddings_of(voices_of(2), in_turn(1, 1)), 3, 3))) == 2


def test_a_requested_number_prefers_speakers_with_enough_speech() -> None:
    """Three speakers and a noise: with four clusters of three requested, the noise is left out."""
    order = in_turn(20, 20, 20, 1)
    labels = labels_of(embeddings_of(voices_of(4), order), 3, 3)
    assert same(labels[:60], order[:60])


def test_similar_voices_in_the_same_windows_are_two_speakers() -> None:
    order = in_turn(12, 12)
    alike = embeddings_of(voices_of(2, apart=0.2), order, noise=0.05)
    assert len(set(labels_of(alike))) == 1

    # Now the second voice is also heard in a second slot of the first one's windows.
    both = np.full((24, 2, SIZE), np.nan)
    both[:, :1] = alike
    both[:12, 1:] = alike[12:]
    founding = is_known(both)
    founding[:, 1] = False
    assert len(set(clustering_of(both, founding=founding).labels)) == 2


def test_too_little_speech_makes_no_speaker() -> None:
    order = in_turn(1, 30)
    assert labels_of(embeddings_of(voices_of(2), order)).tolist() == [-1] + [0] * 30
    order = in_turn(3, 30)
    assert sorted(set(labels_of(embeddings_of(voices_of(2), order)))) == [0, 1]


def test_a_small_share_of_a_long_recording_makes_no_speaker() -> None:
    order = in_turn(3, 200)
    assert set(labels_of(embeddings_of(voices_of(2), order))) == {-1, 0}


def test_little_speech_makes_a_speaker_if_there_is_no_other() -> None:
    assert labels_of(embeddings_of(voices_of(1), in_turn(1))).tolist() == [0]
    labels = labels_of(embeddings_of(voices_of(2), in_turn(30, 1)), minimum=2)
    assert sorted(set(labels)) == [0, 1]


def test_a_clear_number_of_speakers_has_no_second() -> None:
    voices = embeddings_of(voices_of(3), in_turn(30, 30, 30))
    assert clustering_of(voices).second_count is None


@pytest.mark.parametrize(("apart", "found", "second"), [(0.36, 1, 2), (0.41, 2, 1)])
def test_a_number_that_hangs_on_little_has_a_second(apart: float, found: int, second: int) -> None:
    voices = embeddings_of(voices_of(2, apart), in_turn(30, 30), noise=0.05)
    clustering = clustering_of(voices)
    assert (len(set(clustering.labels)), clustering.second_count) == (found, second)


def test_a_given_number_has_no_second() -> None:
    voices = embeddings_of(voices_of(2, apart=0.39), in_turn(30, 30), noise=0.05)
    assert clustering_of(voices, 2, 2).second_count is None


def test_only_windows_that_share_no_audio_are_compared() -> None:
    distances = 1 - np.eye(6)
    one_cluster = ClusterSums.of(distances, np.arange(6), np.zeros(6, int), np.ones((1, 1)))
    assert one_cluster.pairs == pytest.approx(6, abs=1e-3)  # 0 with 4 and 5, 1 with 5, and back
    assert one_cluster.distance == pytest.approx(6, abs=1e-3)


def test_the_spread_of_few_pairs_is_drawn_towards_that_of_a_person() -> None:
    pairs = np.diag([0.0, 2, 1000])
    sums = ClusterSums(pairs * np.array([0, 0.1, 0.2]), pairs, co_occurrence=np.zeros((3, 3)))
    of_no_pair, of_two_pairs, of_many = sums.spread()
    assert of_no_pair == PERSON_SPREAD
    assert 0.1 < of_two_pairs < PERSON_SPREAD
    assert of_many == pytest.approx(0.2, abs=0.01)


def test_a_cluster_of_two_people_brings_no_other_clusters_nearer() -> None:
    """Its spread is all that is measured where everybody else has one turn, in windows that share
    audio."""
    order = in_turn(*[4] * 8)
    turns = embeddings_of(voices_of(8), order)
    distances = voice_distances(turns[:, 0])
    one_cluster_of_two = np.maximum(order - 1, 0)
    sums = ClusterSums.of(distances, np.arange(32), one_cluster_of_two, np.eye(7))

    levels = merge_levels(sums, one_cluster_of_two)
    assert levels[0].distance > SPEAKER_DISTANCE


def test_clusters_keep_their_order_when_others_merge() -> None:
    distance = (
        np.array(
            [[0.2, 0.5, 0.2, 0.5], [0.5, 0.2, 0.5, 0.5], [0.2, 0.5, 0.2, 0.5], [0.5, 0.5, 0.5, 0.2]]
        )
        * 99
    )
    sums = ClusterSums(distance, np.full((4, 4), 99.0), co_occurrence=np.zeros((4, 4)))
    levels = merge_levels(sums, np.arange(4))
    assert levels[1].labels.tolist() == [0, 1, 0, 2]
    assert [level.labels.max() + 1 for level in levels] == [4, 3, 2, 1]
    assert levels[-1].distance == math.inf


def test_sums_of_merged_clusters_are_added() -> None:
    matrix = np.array([[1.0, 2, 3], [2, 4, 5], [3, 5, 6]])
    assert add_to(matrix, 0, 2).tolist() == [[1 + 3 + 3 + 6, 2 + 5], [2 + 5, 4]]


def known(*rows: tuple[int, int]) -> Matrix:
    """Returns embeddings, shape (windows, 2, SIZE); NaN where the number is 0."""
    is_there = np.array(rows, bool)[:, :, None]
    return np.where(is_there, np.eye(1, SIZE), np.nan)


def mask(*rows: tuple[int, int]) -> list[list[bool]]:
    booleans: list[list[bool]] = np.array(rows, bool).tolist()
    return booleans


def test_founders_are_of_enough_speech_by_one_speaker() -> None:
    solo_seconds: NDArray[np.float64] = np.array([[2.0, 0.9], [0.7, 0], [0, 1.2]])
    embeddings = known((1, 1), (1, 0), (0, 1))
    assert founder_mask(embeddings, solo_seconds, 1).tolist() == mask((1, 1), (0, 0), (0, 1))


def test_embeddings_of_less_speech_are_founders_if_there_are_too_few() -> None:
    solo_seconds: NDArray[np.float64] = np.array([[2.0, 0.5], [0.1, 0]])
    embeddings = known((1, 1), (1, 0))
    assert founder_mask(embeddings, solo_seconds, 1).tolist() == mask((1, 1), (0, 0))
    assert founder_mask(embeddings, solo_seconds, 3).tolist() == mask((1, 1), (1, 0))


ONE, OTHER = voices_of(2)
UNKNOWN = np.full(SIZE, np.nan)


def assigned(*vectors: Matrix, active: Mask | None = None) -> list[int]:
    """Returns the speakers of one window's slots; by default all of them are active."""
    all_active = np.ones((1, len(vectors)), bool)
    is_active = all_active if active is None else active
    window = np.stack(vectors)[None]
    speakers = assign_speakers(window, is_active, np.stack([ONE, OTHER]))
    return list(speakers[0])


def test_a_slot_gets_the_most_similar_speaker() -> None:
    assert assigned(OTHER) == [1]
    assert assigned(OTHER, ONE) == [1, 0]


def test_the_slots_of_a_window_get_different_speakers() -> None:
    assert assigned(ONE, 0.9 * ONE + 0.1 * OTHER) == [0, 1]
    assert sorted(assigned(ONE, OTHER, ONE + OTHER)) == [UNASSIGNED, 0, 1]


def test_a_slot_without_an_embedding_gets_a_speaker_that_is_left_over() -> None:
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
