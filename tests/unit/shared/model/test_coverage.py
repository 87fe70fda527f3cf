"""Proves which speech counts as covered by words."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.prepare.sample_intervals import PADDING, in_seconds, pad
from functions.prepare.vad import MIN_SILENCE, MIN_SPEECH, WINDOW
from shared.model.artifacts import SAMPLE_RATE, Interval
from shared.model.coverage import (
    INNER_PADDING,
    SHORTEST_REMAINDER,
    SHORTEST_SPEECH,
    SPEECH_PADDING,
    WORD_MARGIN,
    earliest_start,
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
    assert uncovered_speech(parts, []) == [Interval(start=1, end=1.6), parts[2]]


def test_the_shortest_speech_is_the_shortest_that_prepare_finds() -> None:
    assert SHORTEST_SPEECH == MIN_SPEECH * WINDOW / SAMPLE_RATE


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(MIN_SILENCE, 20), st.integers(MIN_SPEECH, 20)), min_size=1))
def test_no_speech_is_taken_for_padding(pauses_and_lengths: list[tuple[int, int]]) -> None:
    speech = []
    time = 0
    for pause, length in pauses_and_lengths:
        start = time + pause
        time = start + length
        speech.append((start * WINDOW, time * WINDOW))
    recording = (time + MIN_SILENCE) * WINDOW
    whole = in_seconds((0, recording))
    padded = [in_seconds(interval) for interval in pad(speech, recording)]
    too_much = INNER_PADDING - MIN_SILENCE * WINDOW / SAMPLE_RATE / 2
    for found, (start, end) in zip(without_padding(padded, whole), speech, strict=True):
        assert found.end - found.start >= SHORTEST_SPEECH - 1e-6
        assert found.start < end / SAMPLE_RATE + too_much
        assert found.end > start / SAMPLE_RATE - too_much


def test_speech_between_pauses_is_a_gap_however_short_it_is() -> None:
    alone = Interval(start=1, end=1 + SHORTEST_SPEECH)
    assert uncovered_speech([alone], []) == [alone]
    far = Interval(start=0.2, end=alone.start - WORD_MARGIN)
    assert uncovered_speech([alone], [far]) == [alone]


def test_a_word_beside_speech_is_in_it_if_its_margin_covers_the_middle() -> None:
    alone = Interval(start=1, end=1.2)
    assert uncovered_speech([alone], [Interval(start=0.5, end=0.92)]) == []
    assert uncovered_speech([alone], [Interval(start=1.28, end=2)]) == []
    assert uncovered_speech([alone], [Interval(start=0.5, end=0.88)]) == [alone]


@pytest.mark.parametrize("word", [Interval(start=0.3, end=0.8), Interval(start=1.1, end=1.1)])
def test_beside_a_word_only_what_is_long_enough_for_another_is_a_gap(word: Interval) -> None:
    end = word.end + WORD_MARGIN + SHORTEST_REMAINDER
    start = word.start - 0.1
    assert uncovered_speech([Interval(start=start, end=end - 0.01)], [word]) == []
    longer = Interval(start=start, end=end + 0.01)
    gap = Interval(start=round(word.end + WORD_MARGIN, 3), end=longer.end)
    assert uncovered_speech([longer], [word]) == [gap]


times = st.floats(0, 20).map(lambda time: round(time, 3))
intervals = st.tuples(times, st.floats(0, 3)).map(
    lambda drawn: Interval(start=drawn[0], end=round(drawn[0] + drawn[1], 3))
)


@settings(deadline=None)
@given(st.lists(intervals), st.lists(intervals))
def test_each_stretch_of_speech_meets_a_word_with_its_margin_or_a_gap(
    speech: list[Interval], words: list[Interval]
) -> None:
    gaps = uncovered_speech(speech, words)
    for stretch in speech:
        if stretch.end - stretch.start < SHORTEST_SPEECH:
            continue
        with_word = [
            word
            for word in words
            if word.start - WORD_MARGIN <= stretch.end and word.end + WORD_MARGIN >= stretch.start
        ]
        with_gap = [gap for gap in gaps if gap.start < stretch.end and gap.end > stretch.start]
        assert with_word or with_gap


@pytest.mark.parametrize(
    ("word", "start"), [("a", 9.72), ("well", 9.48), ("1998", 9.0), ("internationally", 9.0)]
)
def test_a_word_lasts_no_longer_than_it_can(word: str, start: float) -> None:
    assert earliest_start(word, 0, 10) == pytest.approx(start)
    assert earliest_start(word, 9.9, 10) == 9.9
