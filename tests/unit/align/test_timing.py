"""Word times are made monotonic, stay inside the chunk and keep their origin."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from functions.align.timing import FRAME, Fit, bounded

TIMES = st.floats(-5, 20, allow_nan=False)


def fit(start: float, end: float) -> Fit:
    return Fit(start, end, 0.5, "aligned")


def times(*fits: Fit, duration: float = 10.0) -> list[tuple[float, float]]:
    return [(word.start, word.end) for word in bounded(fits, duration)]


def test_good_times_are_left_alone() -> None:
    good = [fit(0.0, 0.5), fit(0.5, 0.54), fit(9.0, 10.0)]
    assert list(bounded(good, 10.0)) == good


def test_nothing_stays_nothing() -> None:
    assert list(bounded([], 10.0)) == []


def test_a_word_that_gave_way_says_so() -> None:
    cut = list(bounded([fit(5.0, 4.0), fit(3.0, 6.0), fit(9.0, 11.0)], 10.0))
    assert [(word.start, word.end) for word in cut] == [(5.0, 5.02), (5.02, 6.0), (9.0, 10.0)]
    assert {word.timing for word in cut} == {"clamped"}


def test_less_than_a_frame_is_not_worth_a_word() -> None:
    given = [fit(1.0, 2.001), fit(1.999, 2.0), fit(2.015, 9.0), fit(9.99, 10.01)]
    assert [word.timing for word in bounded(given, 10.0)] == ["aligned"] * 4


def test_a_word_gives_way_to_the_next() -> None:
    assert times(fit(1.0, 3.0), fit(2.0, 4.0)) == [(1.0, 2.0), (2.0, 4.0)]


def test_words_at_the_same_moment_are_spread() -> None:
    assert times(fit(1.0, 1.0), fit(1.0, 1.0), fit(5.0, 6.0)) == [(1.0, 1.02), (1.02, 1.04), (5.0, 6.0)]


def test_words_beyond_the_end_are_brought_back() -> None:
    assert times(fit(1.0, 2.0), fit(12.0, 13.0), duration=10.0) == [(1.0, 2.0), (9.98, 10.0)]


def test_without_room_words_last_no_time() -> None:
    crowd = times(*[fit(0.0, 1.0)] * 5, duration=0.05)
    assert len(crowd) == 5 and crowd[0] == (0.0, 0.0) and crowd[-1][1] == 0.05


@given(st.lists(st.tuples(TIMES, TIMES), max_size=100))
def test_words_are_apart_and_inside(given: list[tuple[float, float]]) -> None:
    words = times(*[fit(*time) for time in given])
    assert len(words) == len(given)
    assert all(start >= 0 and end <= 10 and end - start > FRAME - 1e-9 for start, end in words)
    assert all(before[1] <= after[0] for before, after in pairwise(words))
