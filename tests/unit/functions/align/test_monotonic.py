"""Word times are clamped: monotonic, inside the chunk, and marked if they were moved."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from functions.align.alignment import FRAME, WordTiming
from functions.align.monotonic import clamp_timings

TIMES = st.floats(-5, 20, allow_nan=False)


def aligned(start: float, end: float) -> WordTiming:
    return WordTiming(start, end, score=0.5, origin="aligned")


def clamped_times(*timings: WordTiming, duration: float = 10.0) -> list[tuple[float, float]]:
    return [(word.start, word.end) for word in clamp_timings(timings, duration)]


def test_valid_times_are_unchanged() -> None:
    good = [aligned(0.0, 0.5), aligned(0.5, 0.54), aligned(9.0, 10.0)]
    assert clamp_timings(good, 10.0) == good


def test_no_words_have_no_times() -> None:
    assert clamp_timings([], 10.0) == []


def test_a_moved_word_is_marked_as_clamped() -> None:
    cut = clamp_timings([aligned(5.0, 4.0), aligned(3.0, 6.0), aligned(9.0, 11.0)], 10.0)
    assert [(word.start, word.end) for word in cut] == [(5.0, 5.02), (5.02, 6.0), (9.0, 10.0)]
    assert {word.origin for word in cut} == {"clamped"}


def test_a_shift_of_less_than_a_frame_is_not_marked() -> None:
    given = [aligned(1.0, 2.001), aligned(1.999, 2.0), aligned(2.015, 9.0), aligned(9.99, 10.01)]
    assert [word.origin for word in clamp_timings(given, 10.0)] == ["aligned"] * 4


def test_a_word_ends_where_the_next_begins() -> None:
    assert clamped_times(aligned(1.0, 3.0), aligned(2.0, 4.0)) == [(1.0, 2.0), (2.0, 4.0)]


def test_words_at_the_same_time_are_spread() -> None:
    assert clamped_times(aligned(1.0, 1.0), aligned(1.0, 1.0), aligned(5.0, 6.0)) == [
        (1.0, 1.02),
        (1.02, 1.04),
        (5.0, 6.0),
    ]


def test_words_after_the_end_are_moved_before_it() -> None:
    assert clamped_times(aligned(1.0, 2.0), aligned(12.0, 13.0), duration=10.0) == [
        (1.0, 2.0),
        (9.98, 10.0),
    ]


def test_words_have_no_duration_where_there_is_no_room() -> None:
    crowd = clamped_times(*[aligned(0.0, 1.0)] * 5, duration=0.05)
    assert len(crowd) == 5 and crowd[0] == (0.0, 0.0) and crowd[-1][1] == 0.05


@given(st.lists(st.tuples(TIMES, TIMES), max_size=100))
def test_words_never_overlap_and_stay_inside_the_chunk(given: list[tuple[float, float]]) -> None:
    words = clamped_times(*[aligned(*time) for time in given])
    assert len(words) == len(given)
    assert all(start >= 0 and end <= 10 and end - start > FRAME - 1e-9 for start, end in words)
    assert all(before[1] <= after[0] for before, after in pairwise(words))
