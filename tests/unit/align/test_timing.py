from hypothesis import given
from hypothesis import strategies as st

from functions.align.timing import Fit, bounded

TIMES = st.floats(-5, 20, allow_nan=False)


def fit(start: float, end: float) -> Fit:
    return Fit(start, end, 0.5, "aligned")


def test_good_times_are_left_alone() -> None:
    good = [fit(0.0, 0.5), fit(0.4, 0.4), fit(9.0, 10.0)]
    assert list(bounded(good, 10.0)) == good


def test_what_had_to_be_cut_says_so() -> None:
    cut = list(bounded([fit(5.0, 4.0), fit(3.0, 6.0), fit(9.0, 11.0), fit(12.0, 13.0)], 10.0))
    assert [(word.start, word.end) for word in cut] == [(5.0, 5.0), (5.0, 6.0), (9.0, 10.0), (10.0, 10.0)]
    assert {word.timing for word in cut} == {"clamped"}


@given(st.lists(st.tuples(TIMES, TIMES)))
def test_words_are_in_order_and_inside(times: list[tuple[float, float]]) -> None:
    words = list(bounded([fit(*time) for time in times], 10.0))
    assert len(words) == len(times)
    assert all(0 <= word.start <= word.end <= 10 for word in words)
    assert [word.start for word in words] == sorted(word.start for word in words)
