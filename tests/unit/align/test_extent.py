"""Word boundaries follow the sound: start, end, pauses inside, noise and neighbouring words."""

import pytest

from functions.align.extent import LONGEST_LETTER, USUAL_LETTER, Letter, extents, sounding
from functions.align.sound import Sound
from tests.unit.align.segments import heard_at


def word(*starts: float, score: float = 0.9) -> list[Letter]:
    return [Letter("x", start, score) for start in starts]


def extent(letters: list[Letter], end: float, sound: Sound) -> tuple[float, float]:
    (found,) = extents([letters], end, sound)
    return found


def near(start: float, end: float) -> tuple[object, object]:
    return pytest.approx(start, abs=0.011), pytest.approx(end, abs=0.011)


def test_a_word_ends_where_its_sound_stops() -> None:
    assert extent(word(1.0, 1.1, 1.2), 5.0, heard_at((1.0, 1.4))) == near(1.0, 1.4)


def test_a_word_begins_where_its_sound_begins() -> None:
    sound = heard_at((1.0, 1.4))
    assert extent(word(1.06, 1.2), 5.0, sound) == near(1.0, 1.4)
    assert extent(word(0.94, 1.2), 5.0, sound) == near(1.0, 1.4)


def test_a_sound_long_before_is_not_the_words() -> None:
    """Somebody breathes."""
    assert extent(word(1.3, 1.4), 5.0, heard_at((1.0, 1.6))) == near(1.3, 1.6)


def test_the_closure_of_a_stop_is_no_pause() -> None:
    assert extent(word(1.0, 1.2, 1.35), 5.0, heard_at((1.0, 1.2), (1.28, 1.4))) == near(1.0, 1.4)
    assert extent(word(1.0, 1.2), 5.0, heard_at((1.0, 1.2), (1.28, 1.4))) == near(1.0, 1.4)


def test_letters_beyond_a_pause_are_not_the_words() -> None:
    sound = heard_at((1.0, 1.1), (2.0, 2.3))
    assert extent([*word(1.0, score=0.1), *word(2.0, 2.1, 2.2)], 5.0, sound) == near(2.0, 2.3)
    assert extent([*word(1.0), *word(2.0, score=0.1)], 5.0, sound) == near(1.0, 1.1)


def test_a_short_pause_parts_letters_too() -> None:
    sound = heard_at((1.0, 1.1), (1.42, 1.7))
    assert extent([*word(1.0, score=0.1), *word(1.42, 1.5)], 5.0, sound) == near(1.42, 1.7)


def test_in_noise_the_longest_letter_is_the_limit() -> None:
    noise = heard_at((0.0, 10.0))
    assert extent(word(1.0, 1.1), 5.0, noise) == near(1.0, 1.1 + USUAL_LETTER)
    assert extent(word(1.0, 1.1, 3.0), 5.0, noise) == near(1.0, 1.1 + USUAL_LETTER)


def test_a_sound_that_goes_on_is_not_all_the_words() -> None:
    assert extent(word(1.0, 1.1), 5.0, heard_at((1.0, 4.0))) == near(1.0, 1.1 + LONGEST_LETTER)


def test_neighbours_do_not_overlap() -> None:
    sound = heard_at((1.0, 2.0))
    (_, end), (start, _) = extents([word(1.0, 1.1), word(1.3, 1.4)], 5.0, sound)
    assert end == start == 1.3


def test_a_beginning_is_not_taken_from_the_word_before() -> None:
    """Its last letter is heard after the pause, so the pause is not between the two."""
    sound = heard_at((0.6, 0.8), (1.0, 1.5))
    (_, end), (start, _) = extents([word(0.6, 1.03), word(1.1, 1.2)], 5.0, sound)
    assert (start, end) == (1.1, 1.1)


def test_a_word_known_by_its_times_alone_keeps_its_longest_part() -> None:
    sound = heard_at((1.0, 1.1), (2.0, 2.5))
    assert sounding(1.0, 2.5, sound) == near(2.0, 2.5)
    assert sounding(2.1, 2.4, sound) == (2.1, 2.4)
    assert sounding(3.0, 3.0, sound) == (3.0, 3.0)
