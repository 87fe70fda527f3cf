"""Speaker clustering finds the right number of speakers and assigns each voice to one."""

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from functions.diarize.clusters import Groups, Labels, Mask, Matrix, assigned, clear, join, means, people, unit

SIZE = 64
NOISE = 0.065
"""In each dimension. It takes two d-vectors of one person about as far apart as they really are: 0.2."""
MANY = math.inf


def persons(count: int, apart: float = 0.3) -> Matrix:
    """Voices with a large part in common, as d-vectors have, at one cosine distance from each other."""
    own = np.eye(count, SIZE)
    return own * math.sqrt(apart) + np.eye(1, SIZE, SIZE - 1) * math.sqrt(1 - apart)


def spoken(voices: Matrix, order: Labels, noise: float = NOISE) -> Matrix:
    """(windows, 1, size) d-vectors of the persons in the order they speak, one in each window."""
    varied = voices[order] + np.random.default_rng(1).normal(0, noise, (len(order), SIZE))
    return unit(varied)[:, None]


def found(voices: Matrix, fewest: int = 1, most: float = MANY) -> Labels:
    return people(voices, known(voices), fewest, most)


def known(voices: Matrix) -> Mask:
    return np.asarray(~np.isnan(voices).any(2))


def in_turn(*windows: int) -> Labels:
    """The first person speaks in so many windows, then the second, and so on."""
    return np.repeat(np.arange(len(windows)), windows)


def same(labels: Labels, order: Labels) -> bool:
    """The same people under whatever number."""
    return len(set(zip(labels, order, strict=True))) == len(set(labels)) == len(set(order))


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 6])
@pytest.mark.parametrize("windows", [8, 30, 200])
def test_people_are_counted_and_told_apart(count: int, windows: int) -> None:
    order = in_turn(*[windows] * count)
    assert same(found(spoken(persons(count), order)), order)


def test_somebody_who_speaks_little_is_not_taken_for_somebody_else() -> None:
    order = in_turn(300, 250, 6)
    assert same(found(spoken(persons(3), order)), order)


def test_a_few_windows_that_differ_a_little_are_nobody_else() -> None:
    assert set(found(spoken(persons(2, apart=0.22), in_turn(30, 2), noise=0.04))) == {0}


@pytest.mark.parametrize("count", [1, 3, 6])
def test_people_whose_voices_vary_are_told_apart(count: int) -> None:
    order = in_turn(*[40] * count)
    assert same(found(spoken(persons(count, apart=0.4), order, noise=0.085)), order)


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_as_many_people_are_found_as_are_asked_for(count: int) -> None:
    voices = spoken(persons(2), in_turn(30, 30))
    assert len(set(found(voices, count, count))) == count


def test_bounds_hold_on_either_side() -> None:
    voices = spoken(persons(3), in_turn(30, 30, 30))
    assert [len(set(found(voices, *bounds))) for bounds in [(1, 2), (2, 3), (4, MANY), (1, MANY)]] == [2, 3, 4, 3]


def test_no_more_people_are_found_than_there_are_voices() -> None:
    assert set(found(spoken(persons(1), in_turn(1)), 3, 3)) == {0}
    assert len(set(found(spoken(persons(2), in_turn(1, 1)), 3, 3))) == 2


def test_voices_heard_in_the_same_windows_are_two_people() -> None:
    alike = spoken(persons(2, apart=0.1), in_turn(12, 12))
    assert len(set(found(alike))) == 1
    both = np.full((24, 2, SIZE), np.nan)
    both[:, :1], both[:12, 1:] = alike, alike[12:]
    founding = known(both)
    founding[:, 1] = False
    assert len(set(people(both, founding, 1, MANY))) == 2


def test_more_people_are_found_than_groups_if_asked_for() -> None:
    alike = spoken(persons(2), in_turn(30, 30), noise=0.01)
    assert len(set(found(alike))) == 2
    assert len(set(found(alike, 3, 3))) == 3


def test_one_window_makes_nobody() -> None:
    far = persons(2, apart=0.9)
    assert found(spoken(far, in_turn(1, 30))).tolist() == [-1] + [0] * 30
    assert sorted(set(found(spoken(far, in_turn(2, 30))))) == [0, 1]


def test_one_window_makes_somebody_if_there_is_nobody_else() -> None:
    assert found(spoken(persons(1), in_turn(1))).tolist() == [0]
    labels = found(spoken(persons(2, apart=0.9), in_turn(30, 1)), fewest=2)
    assert sorted(set(labels)) == [0, 1]


def test_only_windows_that_share_no_sound_are_compared() -> None:
    all_one = Groups.of(np.eye(6), np.arange(6), np.zeros(6, int), np.ones((1, 1)))
    assert all_one.pairs == pytest.approx(6, abs=1e-3)  # 0 with 4 and 5, 1 with 5, and back
    assert all_one.distance == pytest.approx(6, abs=1e-3)


def test_two_pairs_do_not_make_a_voice_steady() -> None:
    pairs = np.diag([2.0, 1000])
    made = Groups(pairs * np.array([0.1, 0.2]), pairs, beside=np.zeros((2, 2)), sizes=np.array([3.0, 40]))
    steady, usual = made.spread()
    assert 0.15 < steady < usual == pytest.approx(0.2, abs=0.01)


def test_groups_keep_their_numbers_when_others_join() -> None:
    distance = np.array([[0.2, 0.5, 0.2, 0.5], [0.5, 0.2, 0.5, 0.5], [0.2, 0.5, 0.2, 0.5], [0.5, 0.5, 0.5, 0.2]]) * 99
    made = Groups(distance, np.full((4, 4), 99.0), beside=np.zeros((4, 4)), sizes=np.full(4, 30.0))
    assert join(made, 1, MANY).tolist() == [0, 1, 0, 2]


def talk(*shares: tuple[float, float]) -> NDArray[np.float32]:
    """(windows, frames, 2) in which each of two speaks alone for these shares of a window."""
    speaking = np.zeros((len(shares), 100, 2), np.float32)
    for window, (one, other) in enumerate(shares):
        speaking[window, : round(one * 100), 0] = 1
        speaking[window, round((1 - other) * 100) :, 1] = 1
    return speaking


def pair(*lengths: tuple[float, float]) -> Matrix:
    """(windows, 2, SIZE) voices of these lengths; none where it is 0."""
    length = np.array(lengths)[:, :, None]
    return np.where(length > 0, length * np.eye(1, SIZE), np.nan)


def mask(*rows: tuple[int, int]) -> list[list[bool]]:
    return [[bool(clear) for clear in row] for row in rows]


def test_clear_is_who_speaks_alone_long_enough_and_sounds_like_one() -> None:
    voices = pair((0.95, 0.95), (0.85, 0), (0.95, 0.95))
    speaking = talk((0.6, 0.3), (0.9, 0), (0.9, 0.7))
    assert clear(voices, speaking, 1).tolist() == mask((1, 0), (0, 0), (0, 0))


def test_less_clear_voices_serve_where_there_are_too_few() -> None:
    voices = pair((0.95, 0.95), (0.85, 0), (0, 0.95))
    speaking = talk((0.6, 0.3), (0.9, 0), (0, 0.2))
    assert clear(voices, speaking, 2).tolist() == mask((1, 0), (1, 0), (0, 0))
    assert clear(voices, speaking, 3).tolist() == mask((1, 1), (1, 0), (0, 1))
    assert clear(voices, speaking, 9).tolist() == mask((1, 1), (1, 0), (0, 1))


ONE, OTHER = persons(2)
UNKNOWN = np.full(SIZE, np.nan)


def given(*voices: Matrix, speaking: Mask | None = None) -> list[int]:
    """To whom the voices of one window are given."""
    there = np.ones((1, len(voices)), bool) if speaking is None else speaking
    return list(assigned(np.stack(voices)[None], there, np.stack([ONE, OTHER]))[0])


def test_a_voice_is_given_to_whom_it_is_most_like() -> None:
    assert given(OTHER) == [1]
    assert given(OTHER, ONE) == [1, 0]


def test_of_two_voices_in_a_window_each_is_another_persons() -> None:
    assert given(ONE, 0.9 * ONE + 0.1 * OTHER) == [0, 1]
    assert sorted(given(ONE, OTHER, ONE + OTHER)) == [-2, 0, 1]


def test_a_voice_nobody_knows_is_left_over_for_who_is_not_heard() -> None:
    assert given(UNKNOWN, ONE) == [1, 0]
    assert given(UNKNOWN, OTHER) == [0, 1]
    assert given(UNKNOWN, ONE, OTHER) == [-2, 0, 1]


def test_silence_takes_nobody_away() -> None:
    silent_first = np.array([[False, True, True]])
    assert given(UNKNOWN, UNKNOWN, ONE, speaking=silent_first)[1:] == [1, 0]


def test_all_is_said_by_the_only_person() -> None:
    voices = np.stack([ONE, UNKNOWN, OTHER])[None]
    assert assigned(voices, np.ones((1, 3), bool), ONE[None]).tolist() == [[0, 0, 0]]


def test_means_leave_out_who_is_nobody() -> None:
    voices = np.array([[1.0, 0], [3, 0], [0, 1], [5, 5]])
    assert means(voices, np.array([0, 0, 1, -1])).tolist() == [[2, 0], [0, 1]]
