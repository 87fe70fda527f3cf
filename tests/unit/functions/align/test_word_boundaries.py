"""Words begin and end where they sound, and contain no pause."""

import pytest

from functions.align.chunk_audio import ChunkAudio
from functions.align.word_boundaries import (
    CHAR_IN_NOISE,
    MAX_CHAR,
    AlignedChar,
    longest_speech,
    word_intervals,
)
from shared.model.artifacts import Interval
from tests.support.segments import audio_with_speech


def word(*starts: float, score: float = 0.9) -> list[AlignedChar]:
    return [AlignedChar("x", start, score) for start in starts]


def times(interval: Interval) -> tuple[float, float]:
    return interval.start, interval.end


def word_times(chars: list[AlignedChar], end: float, audio: ChunkAudio) -> tuple[float, float]:
    (interval,) = word_intervals([chars], end, audio)
    return times(interval)


def near(start: float, end: float) -> tuple[object, object]:
    return pytest.approx(start, abs=0.011), pytest.approx(end, abs=0.011)


def test_a_word_ends_where_its_sound_stops() -> None:
    assert word_times(word(1.0, 1.1, 1.2), 5.0, audio_with_speech((1.0, 1.4))) == near(1.0, 1.4)


def test_a_word_begins_where_its_sound_begins() -> None:
    audio = audio_with_speech((1.0, 1.4))
    assert word_times(word(1.06, 1.2), 5.0, audio) == near(1.0, 1.4)
    assert word_times(word(0.94, 1.2), 5.0, audio) == near(1.0, 1.4)


def test_a_sound_long_before_the_word_is_not_part_of_it() -> None:
    """Such as a breath."""
    assert word_times(word(1.3, 1.4), 5.0, audio_with_speech((1.0, 1.6))) == near(1.3, 1.6)


def test_the_closure_of_a_stop_is_no_pause() -> None:
    audio = audio_with_speech((1.0, 1.2), (1.28, 1.4))
    assert word_times(word(1.0, 1.2, 1.35), 5.0, audio) == near(1.0, 1.4)
    assert word_times(word(1.0, 1.2), 5.0, audio) == near(1.0, 1.4)


def test_characters_beyond_a_pause_are_not_part_of_the_word() -> None:
    audio = audio_with_speech((1.0, 1.1), (2.0, 2.3))
    assert word_times([*word(1.0, score=0.1), *word(2.0, 2.1, 2.2)], 5.0, audio) == near(2.0, 2.3)
    assert word_times([*word(1.0), *word(2.0, score=0.1)], 5.0, audio) == near(1.0, 1.1)


def test_a_short_pause_separates_characters_too() -> None:
    audio = audio_with_speech((1.0, 1.1), (1.42, 1.7))
    assert word_times([*word(1.0, score=0.1), *word(1.42, 1.5)], 5.0, audio) == near(1.42, 1.7)


def test_the_last_character_has_a_fixed_length_in_noise() -> None:
    noise = audio_with_speech((0.0, 10.0))
    assert word_times(word(1.0, 1.1), 5.0, noise) == near(1.0, 1.1 + CHAR_IN_NOISE)
    assert word_times(word(1.0, 1.1, 3.0), 5.0, noise) == near(1.0, 1.1 + CHAR_IN_NOISE)


def test_a_word_ends_before_a_sound_that_continues() -> None:
    audio = audio_with_speech((1.0, 4.0))
    assert word_times(word(1.0, 1.1), 5.0, audio) == near(1.0, 1.1 + MAX_CHAR)


def test_neighbouring_words_do_not_overlap() -> None:
    audio = audio_with_speech((1.0, 2.0))
    first, second = word_intervals([word(1.0, 1.1), word(1.3, 1.4)], 5.0, audio)
    assert first.end == second.start == 1.3


def test_an_onset_is_not_moved_into_the_word_before() -> None:
    """The last character of the first word is after the pause, so the pause is not between them."""
    audio = audio_with_speech((0.6, 0.8), (1.0, 1.5))
    first, second = word_intervals([word(0.6, 1.03), word(1.1, 1.2)], 5.0, audio)
    assert (second.start, first.end) == (1.1, 1.1)


def test_a_word_without_aligned_characters_keeps_its_longest_part() -> None:
    audio = audio_with_speech((1.0, 1.1), (2.0, 2.5))
    assert times(longest_speech(1.0, 2.5, audio)) == near(2.0, 2.5)
    assert times(longest_speech(2.1, 2.4, audio)) == (2.1, 2.4)
    assert times(longest_speech(3.0, 3.0, audio)) == (3.0, 3.0)
