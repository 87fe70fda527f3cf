"""What the answer says about itself."""

import pytest

from functions.finalize.intervals import union, without
from shared.speech import Region
from tests.unit.finalize.recordings import aligned, manifest, segment, transcript, word


def test_a_word_covers_its_time_and_a_little_around_it() -> None:
    found = manifest(20.0, [[(0.0, 10.0)]])
    made = transcript(found, [aligned([segment("one two")], [word("one", 1.0, 2.0), word("two", 5.0, 6.0)])])
    assert made.quality.coverage == pytest.approx(0.32)
    assert made.quality.uncovered == (Region(start=2.3, end=4.7), Region(start=6.3, end=10.0))


def test_speech_cut_between_chunks_is_one_stretch() -> None:
    found = manifest(20.0, [[(9.2, 10.0)], [(10.0, 10.8)]])
    made = transcript(found, [aligned([], []), aligned([], [])])
    assert made.quality.uncovered == (Region(start=9.2, end=10.8),)
    assert made.quality.coverage == 0.0


def test_a_short_miss_is_not_worth_a_report() -> None:
    found = manifest(20.0, [[(0.0, 0.9)]])
    assert transcript(found, [aligned([], [])]).quality.uncovered == ()


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
