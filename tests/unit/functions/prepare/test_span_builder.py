"""Spans consist of whole chunks, keep their limit, and end at long silences."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from functions.prepare.chunking import ChunkDraft
from functions.prepare.sample_intervals import SampleInterval
from functions.prepare.span_builder import SpanBuilder
from shared.model.artifacts import SAMPLE_RATE
from tests.support.chunk_runs import Probabilities, cut_chunks, recordings


def build_spans(chunks: list[ChunkDraft], span_seconds: float) -> list[SampleInterval]:
    builder = SpanBuilder(span_seconds)
    length = chunks[-1].end / SAMPLE_RATE
    spans: list[SampleInterval] = []
    for chunk in chunks:
        spans += builder.push(chunk, length)
    return [*spans, builder.finish()]


@settings(deadline=None)
@given(recordings, st.integers(10, 60), st.integers(60, 200))
def test_spans_consist_of_whole_chunks(
    recording: tuple[Probabilities, int], chunk_seconds: int, span_seconds: int
) -> None:
    probabilities, short_of = recording
    chunks = cut_chunks(probabilities, chunk_seconds, short_of=short_of)
    spans = build_spans(chunks, span_seconds)
    assert spans[0][0] == 0
    assert spans[-1][1] == chunks[-1].end
    assert all(before[1] == after[0] for before, after in pairwise(spans))
    chunk_ends = {chunk.end for chunk in chunks}
    for start, end in spans:
        assert end in chunk_ends
        assert start < end
        is_one_chunk = any(chunk.start == start and chunk.end == end for chunk in chunks)
        assert (end - start) / SAMPLE_RATE <= span_seconds or is_one_chunk


def test_a_span_ends_at_the_longest_silence() -> None:
    silence_seconds = {60: 1.0, 120: 5.0, 180: 0.3, 240: 2.0, 300: 0.5}
    chunks = []
    for end, silence in silence_seconds.items():
        start = end - 60
        chunk = ChunkDraft(start * SAMPLE_RATE, end * SAMPLE_RATE, (), int(silence * SAMPLE_RATE))
        chunks.append(chunk)
    spans = build_spans(chunks, 200)
    assert [(start // SAMPLE_RATE, end // SAMPLE_RATE) for start, end in spans] == [
        (0, 120),
        (120, 300),
    ]
