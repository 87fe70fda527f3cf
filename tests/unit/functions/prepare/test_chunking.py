"""Chunks cover the recording and are cut in pauses, for any recording."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.prepare.chunking import MAX_CHUNK, MAX_CHUNKS, ChunkDraft
from functions.prepare.sample_intervals import MILLISECOND, PADDING, pad
from functions.prepare.vad import WINDOW, SpeechDetector
from shared.model.artifacts import SAMPLE_RATE
from tests.support.chunk_runs import (
    Probabilities,
    cut_chunks,
    recordings,
    windows,
)

HOUR = 3600


def seconds(chunk: ChunkDraft) -> float:
    return (chunk.end - chunk.start) / SAMPLE_RATE


@settings(deadline=None)
@given(recordings, st.integers(10, 300), st.integers(1, 500), st.booleans())
def test_chunks_cover_the_recording_and_hold_its_speech(
    recording: tuple[Probabilities, int], chunk_seconds: int, block: int, length_is_known: bool
) -> None:
    probabilities, short_of = recording
    chunks = cut_chunks(
        probabilities,
        chunk_seconds,
        short_of=short_of,
        block=block,
        length_is_known=length_is_known,
    )
    assert chunks[0].start == 0
    assert chunks[-1].end == len(probabilities) * WINDOW - short_of
    for before, after in pairwise(chunks):
        assert before.end == after.start
        assert before.end % MILLISECOND == 0
    for chunk in chunks:
        assert 0 < chunk.end - chunk.start <= MAX_CHUNK
        edges = [chunk.start]
        for start, end in chunk.speech:
            assert start < end
            edges += [start, end]
        edges.append(chunk.end)
        assert edges == sorted(edges)


@settings(deadline=None)
@given(recordings, st.integers(10, 60))
def test_a_cut_is_outside_speech_or_marked_as_inside(
    recording: tuple[Probabilities, int], chunk_seconds: int
) -> None:
    probabilities, short_of = recording
    chunks = cut_chunks(probabilities, chunk_seconds, short_of=short_of)
    detector = SpeechDetector()
    detector.push(probabilities)
    speech = pad(detector.intervals(), chunks[-1].end)
    for chunk in chunks[:-1]:
        inside = any(start < chunk.end < end for start, end in speech)
        assert chunk.inside_speech or not inside
    if not any(chunk.inside_speech for chunk in chunks):
        assert [interval for chunk in chunks for interval in chunk.speech] == speech


@pytest.mark.parametrize(
    ("hours", "max_chunks"),
    [(3, MAX_CHUNKS), (12, MAX_CHUNKS), (16, MAX_CHUNKS), (8, 100), (2, 25)],
)
@pytest.mark.parametrize("kind", ["speech", "silence", "talk"])
def test_a_long_recording_has_no_more_chunks_than_allowed(
    hours: int, max_chunks: int, kind: str
) -> None:
    whole = hours * HOUR
    probabilities = {
        "speech": windows((whole, 0.9)),
        "silence": windows((whole, 0.0)),
        "talk": np.tile(windows((50, 0.9), (0.5, 0.0)), int(whole / 50.5)),
    }[kind]
    chunks = cut_chunks(probabilities, 10, block=2000, max_chunks=max_chunks)
    assert len(chunks) <= max_chunks
    assert max(chunk.end - chunk.start for chunk in chunks) <= MAX_CHUNK


def test_the_longest_silence_before_the_target_is_cut_in_its_middle() -> None:
    probabilities = windows(
        (46, 0.9), (0.32, 0), (6, 0.9), (0.96, 0), (3, 0.9), (0.32, 0), (60, 0.9)
    )
    first, *_ = cut_chunks(probabilities, 60)
    assert first.end / SAMPLE_RATE == pytest.approx(46 + 0.32 + 6 + 0.48, abs=0.05)
    assert first.silence / SAMPLE_RATE == pytest.approx(0.96, abs=0.05)
    assert not first.inside_speech


def test_two_words_closer_than_their_padding_are_cut_where_it_meets() -> None:
    probabilities = windows((50, 0.9), (0.256, 0), (60, 0.9))
    first, second = cut_chunks(probabilities, 60)
    assert first.speech[-1][1] == first.end == second.start == second.speech[0][0]
    assert first.end / SAMPLE_RATE == pytest.approx(50.128, abs=0.04)


def test_padding_stays_with_its_speech_where_silence_reaches_into_the_cut_range() -> None:
    first, _ = cut_chunks(windows((59.9, 0.9), (20, 0), (30, 0.9)), 60)
    ((_, speech_end),) = first.speech
    assert first.inside_speech or speech_end < first.end

    first, second = cut_chunks(windows((59, 0.9), (20, 0), (30, 0.9)), 60)
    unpadded_end = round(59 * SAMPLE_RATE / WINDOW) * WINDOW
    assert first.speech[0][1] == unpadded_end + PADDING < first.end
    assert second.speech[0][0] > second.start


def test_without_a_pause_the_least_likely_speech_is_cut_and_its_interval_divided() -> None:
    probabilities = windows((52, 0.9), (0.032, 0.55), (60, 0.9))
    first, second = cut_chunks(probabilities, 60)
    assert first.inside_speech
    assert first.silence == 0
    assert first.end / SAMPLE_RATE == pytest.approx(52.016, abs=0.02)
    assert first.speech == ((0, first.end),)
    assert second.speech == ((first.end, second.end),)


@pytest.mark.parametrize("length", [0.04, 5, 60, 74])
def test_a_recording_little_longer_than_a_chunk_is_one_chunk(length: float) -> None:
    assert len(cut_chunks(windows((length, 0.9)), 60)) == 1


def test_no_chunk_is_tiny() -> None:
    for length in range(61, 400, 7):
        lengths = [seconds(chunk) for chunk in cut_chunks(windows((length, 0.0)), 60)]
        assert len(lengths) == 1 or min(lengths) >= 15


def test_no_chunk_is_longer_than_five_minutes() -> None:
    for length in range(290, 700, 7):
        chunks = cut_chunks(windows((length, 0.0)), 300)
        assert max(seconds(chunk) for chunk in chunks) <= 300


def test_chunks_of_a_long_recording_grow_even_if_its_length_is_not_known() -> None:
    chunks = cut_chunks(windows((2 * HOUR, 0.0)), 10, length_is_known=False)
    assert seconds(chunks[0]) < 10 < seconds(chunks[-2])
