"""Chunks of made-up recordings, given as runs of one speech probability."""

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from functions.prepare.chunking import MAX_CHUNKS, ChunkDraft, Chunker
from functions.prepare.vad import WINDOW
from shared.model.artifacts import SAMPLE_RATE

Probabilities = NDArray[np.float32]


def windows(*runs: tuple[float, float]) -> Probabilities:
    """Returns the windows of runs of (seconds, probability)."""
    arrays = []
    for seconds, probability in runs:
        count = round(seconds * SAMPLE_RATE / WINDOW)
        arrays.append(np.full(count, probability, np.float32))
    return np.concatenate(arrays)


def cut_chunks(
    probabilities: Probabilities,
    chunk_seconds: float,
    *,
    short_of: int = 0,
    block: int = 64,
    length_is_known: bool = True,
    max_chunks: int = MAX_CHUNKS,
) -> list[ChunkDraft]:
    """Returns the chunks of a recording that ends `short_of` samples before its last window."""
    length = len(probabilities) * WINDOW - short_of
    chunker = Chunker(chunk_seconds, max_chunks)
    chunks: list[ChunkDraft] = []
    for start in range(0, len(probabilities), block):
        read = min(length, (start + block) * WINDOW)
        expected = length if length_is_known else read
        chunks += chunker.push(probabilities[start : start + block], expected / SAMPLE_RATE)
    return [*chunks, *chunker.finish(length)]


def to_windows(runs: list[tuple[float, float]]) -> Probabilities:
    return windows(*runs)


def with_short_end(probabilities: Probabilities, short_of: int) -> tuple[Probabilities, int]:
    return probabilities, short_of


durations = st.floats(0.05, 0.6) | st.floats(0.6, 40)
levels = st.sampled_from([0.0, 0.2, 0.4, 0.6, 1.0])
runs = st.lists(st.tuples(durations, levels), min_size=1, max_size=40)
recordings = st.builds(with_short_end, runs.map(to_windows).filter(len), st.integers(0, WINDOW - 1))
"""(probabilities, samples that the last window is short of)."""
