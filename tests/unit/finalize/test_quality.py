"""Coverage, suspects and confidence in the transcript are computed correctly."""

import pytest

from functions.finalize.intervals import union, without
from shared.transcript import Gap
from tests.unit.finalize.recordings import aligned, manifest, segment, transcript, word


def test_a_word_covers_its_time_and_a_little_around_it() -> None:
    found = manifest(20.0, [[(0.0, 10.0)]])
    made = transcript(found, [aligned([segment("one two")], [word("one", 1.0, 2.0), word("two", 5.0, 6.0)])])
    assert made.quality.coverage == pytest.approx(0.32)
    assert made.quality.uncovered == (Gap(start=2.3, end=4.7, channel=None), Gap(start=6.3, end=10.0, channel=None))


def test_speech_cut_between_chunks_is_one_stretch() -> None:
    found = manifest(20.0, [[(9.2, 10.0)], [(10.0, 10.8)]])
    made = transcript(found, [aligned([], []), aligned([], [])])
    assert made.quality.uncovered == (Gap(start=9.2, end=10.8, channel=None),)
    assert made.quality.coverage == 0.0


def test_a_short_miss_is_not_worth_a_report() -> None:
    found = manifest(20.0, [[(0.0, 0.9)]])
    assert transcript(found, [aligned([], [])]).quality.uncovered == ()


def test_what_nobody_said_covers_no_speech() -> None:
    found = manifest(20.0, [[(0.0, 4.0)]])
    doubted = segment("la la la la", 0.0, 4.0, doubts=("repetitive", "improbable"))
    made = transcript(found, [aligned([doubted], [word("la", i * 1.0, i + 1.0) for i in range(4)])])
    assert (made.quality.coverage, made.quality.uncovered) == (0.0, (Gap(start=0.0, end=4.0, channel=None),))
    assert [suspect.reasons for suspect in made.quality.suspects] == [("repetitive", "improbable")]
    assert made.quality.mean_confidence is None


def test_suspects_stand_in_order_of_time_and_inside_the_recording() -> None:
    parts = [segment("late", 8.0, 99.0, doubts=("too_fast",)), segment("early", 3.0, 2.0, doubts=("prompt",))]
    made = transcript(manifest(10.0, [[(0.0, 10.0)]]), [aligned(parts, [])])
    assert [(one.text, one.start, one.end) for one in made.quality.suspects] == [
        ("early", 3.0, 3.0),
        ("late", 8.0, 10.0),
    ]
    assert [warning.message for warning in made.warnings] == [
        "2 sentences were probably never said. They are kept apart."
    ]


def test_confidence_is_the_mean_of_what_is_known() -> None:
    words = [
        word("one", 0.0, 1.0, confidence=0.5),
        word("two", 1.0, 2.0, confidence=None, timing="interpolated"),
        word("three", 2.0, 3.0, confidence=1.0),
    ]
    made = transcript(manifest(20.0, [[(0.0, 3.0)]]), [aligned([segment("one two three")], words)])
    assert (made.quality.mean_confidence, made.quality.words_interpolated) == (0.75, 1)


def test_union_joins_what_touches_or_is_near() -> None:
    assert union([(3.0, 4.0), (0.0, 1.0), (1.0, 2.0), (0.5, 0.7)]) == [(0.0, 2.0), (3.0, 4.0)]
    assert union([(0.0, 2.0), (3.0, 4.0)], gap=1.0) == [(0.0, 4.0)]


def test_without_takes_from_both_sides_and_from_within() -> None:
    assert without([(0.0, 10.0), (20.0, 30.0)], [(-1.0, 1.0), (3.0, 4.0), (9.0, 22.0), (30.0, 31.0)]) == [
        (1.0, 3.0),
        (4.0, 9.0),
        (22.0, 30.0),
    ]
