"""Proves that each part of a recording with several languages gets its most likely language."""

import pytest

from functions.transcribe.code_switching import group_speech, merge_groups, most_likely_languages
from shared.model.artifacts import Interval

ENGLISH = {"en": 0.99, "de": 0.01}
GERMAN = {"en": 0.01, "de": 0.99}
PERHAPS_GERMAN = {"en": 0.3, "de": 0.6, "nl": 0.1}


def intervals(*times: tuple[float, float]) -> list[Interval]:
    return [Interval(start=start, end=end) for start, end in times]


def test_neighbouring_intervals_are_judged_together() -> None:
    speech = intervals((0, 3), (3.2, 9), (9.5, 12))
    assert group_speech(speech) == [speech[:2], speech[2:]]


def test_a_pause_ends_a_group() -> None:
    speech = intervals((0, 1), (4, 5))
    assert group_speech(speech) == [speech[:1], speech[1:]]


def test_a_long_interval_is_a_group_by_itself() -> None:
    speech = intervals((0, 25), (25, 26))
    assert group_speech(speech) == [speech[:1], speech[1:]]


def test_an_uncertain_group_takes_the_language_of_its_neighbours() -> None:
    assert most_likely_languages([ENGLISH, PERHAPS_GERMAN, ENGLISH], "de") == ["en"] * 3
    assert most_likely_languages([GERMAN, PERHAPS_GERMAN, GERMAN], "en") == ["de"] * 3


def test_a_certain_group_keeps_its_language() -> None:
    assert most_likely_languages([ENGLISH, GERMAN, ENGLISH], "en") == ["en", "de", "en"]


def test_each_half_has_its_language() -> None:
    guesses = [ENGLISH, ENGLISH, PERHAPS_GERMAN, GERMAN]
    assert most_likely_languages(guesses, "en") == ["en", "en", "de", "de"]


@pytest.mark.parametrize("main", ["en", "de"])
def test_the_main_language_decides_between_equal_guesses(main: str) -> None:
    assert most_likely_languages([{"en": 0.5, "de": 0.5}], main) == [main]


def test_a_main_language_that_no_guess_names_is_not_chosen() -> None:
    assert most_likely_languages([{"en": 0.6, "de": 0.4}], "fr") == ["en"]


def test_groups_of_one_language_are_merged() -> None:
    speech = intervals((0, 1), (2, 3), (4, 5), (6, 7))
    groups = [speech[:2], speech[2:3], speech[3:]]
    merged = list(merge_groups(groups, ["en", "en", "de"]))
    assert merged == [("en", speech[:3]), ("de", speech[3:])]
