"""Proves which speech counts as covered by words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.prepare.sample_intervals import PADDING, in_seconds, pad
from shared.model.artifacts import SAMPLE_RATE, Interval
from shared.model.coverage import (
    INNER_PADDING,
    SHORTEST_REMAINDER,
    SHORTEST_STRETCH,
    SPEECH_PADDING,
    uncovered_speech,
    without_padding,
)

WHOLE = Interval(start=0, end=60)


def test_the_padding_is_the_one_that_prepare_adds() -> None:
    assert SPEECH_PADDING == PADDING / SAMPLE_RATE


@given(st.lists(st.tuples(st.floats(0.3, 2), st.floats(0.3, 2)), min_size=1, max_size=8))
def test_padding_is_removed_again_where_pauses_last_300_ms(
    pauses_and_lengths: list[tuple[float, float]],
) -> None:
    speech = []
    time = 0.0
    for pause, length in pauses_and_lengths:
        start = time + pause
        time = start + length
        speech.append((round(start * SAMPLE_RATE), round(time * SAMPLE_RATE)))
    padded = [in_seconds(interval) for interval in pad(speech, 60 * SAMPLE_RATE)]
    tolerance = SPEECH_PADDING - INNER_PADDING + 1 / SAMPLE_RATE
    for found, (start, end) in zip(without_padding(padded, WHOLE), speech, strict=True):
        assert found.start == pytest.approx(start / SAMPLE_RATE, abs=tolerance)
        assert found.end == pytest.approx(end / SAMPLE_RATE, abs=tolerance)


def test_speech_that_is_cut_at_the_edge_of_its_chunk_is_kept() -> None:
    cut = Interval(start=10, end=12)
    assert without_padding([cut], cut) == [cut]


def test_parts_of_speech_with_a_short_pause_are_one_gap() -> None:
    parts = [Interval(start=1, end=1.1), Interval(start=1.4, end=1.6), Interval(start=2, end=2.1)]
    assert uncovered_speech(parts, []) == [Interval(start=1, end=1.6)]


def test_a_gap_between_pauses_may_be_shorter_than_one_beside_a_word() -> None:
    between = (SHORTEST_STRETCH + SHORTEST_REMAINDER) / 2
    alone = Interval(start=1, end=1 + between)
    assert uncovered_speech([alone], []) == [alone]
    longer = Interval(start=0.5, end=alone.end)
    word = Interval(start=0.3, end=1)
    assert uncovered_speech([longer], [word]) == []
    assert uncovered_speech([Interval(start=0.5, end=1.4)], [word]) == [Interval(start=1, end=1.4)]


def test_a_click_is_no_gap() -> None:
    assert uncovered_speech([Interval(start=1, end=1 + SHORTEST_STRETCH - 0.01)], []) == []
