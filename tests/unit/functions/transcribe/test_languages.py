"""Speech is split into runs of one language each when several languages are spoken."""

import pytest

from functions.transcribe.languages import likeliest, runs, stretches
from shared.model.artifacts import Interval


def regions(*times: tuple[float, float]) -> list[Interval]:
    return [Interval(start=start, end=end) for start, end in times]


ENGLISH, GERMAN = {"en": 0.99, "de": 0.01}, {"en": 0.01, "de": 0.99}
PERHAPS_GERMAN = {"en": 0.3, "de": 0.6, "nl": 0.1}


def test_neighbours_are_listened_to_together() -> None:
    speech = regions((0, 3), (3.2, 9), (9.5, 12))
    assert stretches(speech) == [speech[:2], speech[2:]]


def test_a_pause_may_part_two_languages() -> None:
    speech = regions((0, 1), (4, 5))
    assert stretches(speech) == [speech[:1], speech[1:]]


def test_a_long_region_is_one_stretch() -> None:
    assert stretches(regions((0, 25), (25, 26))) == [regions((0, 25)), regions((25, 26))]


def test_an_unsure_stretch_takes_its_neighbours_language() -> None:
    assert likeliest([ENGLISH, PERHAPS_GERMAN, ENGLISH], "de") == ["en"] * 3
    assert likeliest([GERMAN, PERHAPS_GERMAN, GERMAN], "en") == ["de"] * 3


def test_a_sure_one_keeps_its_own() -> None:
    assert likeliest([ENGLISH, GERMAN, ENGLISH], "en") == ["en", "de", "en"]


def test_each_half_has_its_language() -> None:
    assert likeliest([ENGLISH, ENGLISH, PERHAPS_GERMAN, GERMAN], "en") == ["en", "en", "de", "de"]


@pytest.mark.parametrize("main", ["en", "de"])
def test_the_main_language_settles_what_nothing_else_does(main: str) -> None:
    assert likeliest([{"en": 0.5, "de": 0.5}], main) == [main]


def test_a_language_that_no_guess_names_may_be_the_main_one() -> None:
    assert likeliest([{"en": 0.6, "de": 0.4}], "fr") == ["en"]


def test_stretches_of_one_language_are_put_together() -> None:
    speech = regions((0, 1), (2, 3), (4, 5), (6, 7))
    found = list(runs([speech[:2], speech[2:3], speech[3:]], ["en", "en", "de"]))
    assert found == [("en", speech[:3]), ("de", speech[3:])]
