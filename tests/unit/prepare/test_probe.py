"""The language sample is taken from the parts of the recording with the most speech."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from functions.prepare.cuts import Piece
from functions.prepare.probe import KEPT, LONGEST, MOST, Excerpt, Probe, excerpts
from functions.prepare.speech import Stretch
from shared.speech import SAMPLE_RATE


def in_samples(*stretches: tuple[float, float]) -> tuple[Stretch, ...]:
    return tuple((int(start * SAMPLE_RATE), int(end * SAMPLE_RATE)) for start, end in stretches)


def minute(number: int, spoken: float) -> Piece:
    """A piece of 60 s with speech from its 10th second on."""
    start = 60 * number
    speech = in_samples((start + 10, start + 10 + spoken)) if spoken else ()
    return Piece(start * SAMPLE_RATE, (start + 60) * SAMPLE_RATE, speech, silence=0)


def chosen(pieces: list[Piece]) -> list[Excerpt]:
    probe = Probe()
    for piece in pieces:
        probe.offer(piece, np.arange(piece.start, piece.end).astype(np.int16))
    return probe.chosen(pieces[-1].end)


def starts(found: list[Excerpt]) -> list[int]:
    return [excerpt.start // SAMPLE_RATE for excerpt in found]


def test_silence_has_no_excerpt() -> None:
    assert chosen([Piece(0, SAMPLE_RATE, (), 0)]) == []


def test_an_excerpt_begins_with_speech_and_ends_with_it() -> None:
    speech = in_samples((1, 5), (6, 28), (29, 45), (50, 52))
    found = [(start / SAMPLE_RATE, end / SAMPLE_RATE, spoken / SAMPLE_RATE) for start, end, spoken in excerpts(speech)]
    assert found == [(1, 31, 28), (50, 52, 2)]


def test_an_excerpt_is_the_sound_of_its_place() -> None:
    (excerpt,) = chosen([minute(3, 5)])
    np.testing.assert_array_equal(excerpt.sound, np.arange(excerpt.start, excerpt.end).astype(np.int16))


def test_excerpts_come_from_all_over_the_recording() -> None:
    for minutes in (5, 10, 11, 99, 200):
        found = starts(chosen([minute(number, 20) for number in range(minutes)]))
        assert {start * MOST // (60 * minutes) for start in found} == set(range(MOST))


def test_of_a_neighbourhood_the_densest_is_taken() -> None:
    spoken = [1, 1, 29, 1, 1, 1, 1, 1, 29, 1]
    found = chosen([minute(number, seconds) for number, seconds in enumerate(spoken)])
    assert {2 * 60 + 10, 8 * 60 + 10} <= set(starts(found))


def test_where_speech_is_in_one_part_only_the_probe_is_from_there() -> None:
    found = chosen([minute(number, 20 if number < 5 else 0) for number in range(50)])
    assert len(found) == MOST


@given(st.lists(st.integers(0, 50), min_size=1, max_size=60))
def test_no_more_is_kept_than_allowed(spoken: list[float]) -> None:
    probe = Probe()
    pieces = [minute(number, seconds) for number, seconds in enumerate(spoken)]
    for piece in pieces:
        probe.offer(piece, np.zeros(piece.end - piece.start, np.int16))
        assert len(probe._kept) <= KEPT
    found = probe.chosen(pieces[-1].end)
    assert len(found) == min(MOST, len(probe._kept))
    assert all(0 < excerpt.spoken <= excerpt.end - excerpt.start <= LONGEST for excerpt in found)
    assert found == sorted(found, key=lambda excerpt: excerpt.start)
