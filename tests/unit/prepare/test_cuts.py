"""Chunks and spans cover the recording and are cut in pauses, for any recording."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from functions.prepare.cuts import (
    GRID,
    LONGEST_CHUNK,
    MOST_CHUNKS,
    PAD,
    Cutter,
    Piece,
    Splitter,
    padded,
)
from functions.prepare.speech import WINDOW, Stretch, Talk
from shared.speech import SAMPLE_RATE

Probabilities = NDArray[np.float32]


def windows(*runs: tuple[float, float]) -> Probabilities:
    """Runs of (seconds, probability)."""
    return np.concatenate(
        [np.full(round(seconds * SAMPLE_RATE / WINDOW), probability, np.float32) for seconds, probability in runs]
    )


def pieces_of(
    probabilities: Probabilities,
    chunk_seconds: float,
    *,
    short_of: int = 0,
    block: int = 64,
    known: bool = True,
    most: int = MOST_CHUNKS,
) -> list[Piece]:
    """Cut a recording that ends `short_of` samples before its last window does."""
    length = len(probabilities) * WINDOW - short_of
    cutter = Cutter(chunk_seconds, most)
    made: list[Piece] = []
    for start in range(0, len(probabilities), block):
        so_far = min(length, (start + block) * WINDOW)
        made += cutter.push(probabilities[start : start + block], (length if known else so_far) / SAMPLE_RATE)
    return [*made, *cutter.finish(length)]


def spans_of(pieces: list[Piece], span_seconds: float) -> list[Stretch]:
    splitter, length = Splitter(span_seconds), pieces[-1].end / SAMPLE_RATE
    made = [span for piece in pieces for span in splitter.push(piece, length)]
    return [*made, splitter.finish()]


def seconds(piece: Piece) -> float:
    return (piece.end - piece.start) / SAMPLE_RATE


runs = st.lists(
    st.tuples(st.floats(0.05, 0.6) | st.floats(0.6, 40), st.sampled_from([0.0, 0.2, 0.4, 0.6, 1.0])),
    min_size=1,
    max_size=40,
).map(lambda found: windows(*found))
recordings = st.builds(
    lambda probabilities, short_of: (probabilities, short_of if len(probabilities) else 0),
    runs.filter(len),
    st.integers(0, WINDOW - 1),
)


@settings(deadline=None)
@given(recordings, st.integers(10, 300), st.integers(1, 500), st.booleans())
def test_pieces_cover_the_recording_and_hold_its_speech(
    recording: tuple[Probabilities, int], chunk_seconds: int, block: int, known: bool
) -> None:
    probabilities, short_of = recording
    pieces = pieces_of(probabilities, chunk_seconds, short_of=short_of, block=block, known=known)
    assert pieces[0].start == 0 and pieces[-1].end == len(probabilities) * WINDOW - short_of
    for before, after in pairwise(pieces):
        assert before.end == after.start
        assert before.end % GRID == 0
    for piece in pieces:
        assert 0 < piece.end - piece.start <= LONGEST_CHUNK
        edges = [piece.start, *(edge for stretch in piece.speech for edge in stretch), piece.end]
        assert edges == sorted(edges)
        assert all(start < end for start, end in piece.speech)


@settings(deadline=None)
@given(recordings, st.integers(10, 60))
def test_a_cut_is_outside_speech_or_says_so(recording: tuple[Probabilities, int], chunk_seconds: int) -> None:
    probabilities, short_of = recording
    pieces = pieces_of(probabilities, chunk_seconds, short_of=short_of)
    talk = Talk()
    talk.push(probabilities)
    speech = padded(talk.stretches(), pieces[-1].end)
    for piece in pieces[:-1]:
        inside = any(start < piece.end < end for start, end in speech)
        assert piece.inside_speech or not inside
    if not any(piece.inside_speech for piece in pieces):
        assert [stretch for piece in pieces for stretch in piece.speech] == speech


@settings(deadline=None)
@given(recordings, st.integers(10, 60), st.integers(60, 200))
def test_spans_are_runs_of_whole_pieces(
    recording: tuple[Probabilities, int], chunk_seconds: int, span_seconds: int
) -> None:
    pieces = pieces_of(recording[0], chunk_seconds, short_of=recording[1])
    spans = spans_of(pieces, span_seconds)
    ends = {piece.end for piece in pieces}
    assert spans[0][0] == 0 and spans[-1][1] == pieces[-1].end
    assert all(before[1] == after[0] for before, after in pairwise(spans))
    for start, end in spans:
        assert end in ends
        assert start < end
        whole = any(piece.start == start and piece.end == end for piece in pieces)
        assert (end - start) / SAMPLE_RATE <= span_seconds or whole


HOUR = 3600


@pytest.mark.parametrize(("hours", "most"), [(3, MOST_CHUNKS), (12, MOST_CHUNKS), (16, MOST_CHUNKS), (8, 100), (2, 25)])
@pytest.mark.parametrize("kind", ["speech", "silence", "talk"])
def test_a_long_recording_has_no_more_chunks_than_allowed(hours: int, most: int, kind: str) -> None:
    whole = hours * HOUR
    probabilities = {
        "speech": windows((whole, 0.9)),
        "silence": windows((whole, 0.0)),
        "talk": np.tile(windows((50, 0.9), (0.5, 0.0)), int(whole / 50.5)),
    }[kind]
    pieces = pieces_of(probabilities, 10, block=2000, most=most)
    assert len(pieces) <= most
    assert max(piece.end - piece.start for piece in pieces) <= LONGEST_CHUNK


def test_the_longest_silence_before_the_target_is_cut_in_its_middle() -> None:
    probabilities = windows((46, 0.9), (0.32, 0), (6, 0.9), (0.96, 0), (3, 0.9), (0.32, 0), (60, 0.9))
    first, *_ = pieces_of(probabilities, 60)
    assert first.end / SAMPLE_RATE == pytest.approx(46 + 0.32 + 6 + 0.48, abs=0.05)
    assert first.silence / SAMPLE_RATE == pytest.approx(0.96, abs=0.05)
    assert not first.inside_speech


def test_two_words_closer_than_their_padding_are_parted_where_it_meets() -> None:
    probabilities = windows((50, 0.9), (0.256, 0), (60, 0.9))
    first, second = pieces_of(probabilities, 60)
    assert first.speech[-1][1] == first.end == second.start == second.speech[0][0]
    assert first.end / SAMPLE_RATE == pytest.approx(50.128, abs=0.04)


def test_padding_stays_with_its_speech_when_a_silence_reaches_into_the_window() -> None:
    probabilities = windows((59.9, 0.9), (20, 0), (30, 0.9))
    first, _ = pieces_of(probabilities, 60)
    ((_, spoken_until),) = first.speech
    assert first.inside_speech or spoken_until < first.end
    probabilities = windows((59, 0.9), (20, 0), (30, 0.9))
    first, second = pieces_of(probabilities, 60)
    assert first.speech[0][1] == round(59 * SAMPLE_RATE / WINDOW) * WINDOW + PAD < first.end
    assert second.speech[0][0] > second.start


def test_without_a_pause_the_least_likely_speech_is_cut_and_the_stretch_split() -> None:
    probabilities = windows((52, 0.9), (0.032, 0.55), (60, 0.9))
    first, second = pieces_of(probabilities, 60)
    assert first.inside_speech and first.silence == 0
    assert first.end / SAMPLE_RATE == pytest.approx(52.016, abs=0.02)
    assert first.speech == ((0, first.end),)
    assert second.speech == ((first.end, second.end),)


@pytest.mark.parametrize("length", [0.04, 5, 60, 74])
def test_a_recording_little_longer_than_a_chunk_is_one(length: float) -> None:
    assert len(pieces_of(windows((length, 0.9)), 60)) == 1


def test_no_chunk_is_a_splinter() -> None:
    for length in range(61, 400, 7):
        lengths = [seconds(piece) for piece in pieces_of(windows((length, 0.0)), 60)]
        assert len(lengths) == 1 or min(lengths) >= 15


def test_no_chunk_is_longer_than_five_minutes() -> None:
    for length in range(290, 700, 7):
        assert max(seconds(piece) for piece in pieces_of(windows((length, 0.0)), 300)) <= 300


def test_chunks_of_a_long_recording_grow_though_its_length_shows_late() -> None:
    pieces = pieces_of(windows((2 * HOUR, 0.0)), 10, known=False)
    assert seconds(pieces[0]) < 10 < seconds(pieces[-2])


def test_a_span_ends_at_the_longest_silence() -> None:
    ends = {60: 1.0, 120: 5.0, 180: 0.3, 240: 2.0, 300: 0.5}
    pieces = [
        Piece((end - 60) * SAMPLE_RATE, end * SAMPLE_RATE, (), int(silence * SAMPLE_RATE))
        for end, silence in ends.items()
    ]
    spans = [(start // SAMPLE_RATE, end // SAMPLE_RATE) for start, end in spans_of(pieces, 200)]
    assert spans == [(0, 120), (120, 300)]
