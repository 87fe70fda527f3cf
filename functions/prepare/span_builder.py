"""Chunks -> spans, which are diarized. All positions are samples."""

from collections.abc import Iterator
from math import ceil

from functions.prepare.chunking import MAX_FILL, MIN_FILL, ChunkDraft, CutPoint
from functions.prepare.sample_intervals import SampleInterval
from shared.model.artifacts import SAMPLE_RATE


class SpanBuilder:
    """Joins chunks to spans of about equal length that end at long silences."""

    def __init__(self, span_seconds: float) -> None:
        self._max_span = int(span_seconds * SAMPLE_RATE)
        self._start = 0
        self._chunk_ends: list[CutPoint] = []

    def push(self, chunk: ChunkDraft, expected_seconds: float) -> Iterator[SampleInterval]:
        """Add the next chunk of a recording, and yield the spans that are complete.

        `expected_seconds` is the recording's length as far as it is known.
        """
        expected = max(expected_seconds * SAMPLE_RATE, chunk.end)
        target, longest = self._lengths(expected)
        while self._chunk_ends:
            length = chunk.end - self._start
            if length <= longest:
                break
            end = self._best_end(MIN_FILL * target)
            yield self._span(end)
        chunk_end = CutPoint(chunk.end, chunk.silence)
        self._chunk_ends.append(chunk_end)

    def finish(self) -> SampleInterval:
        """Returns the last span."""
        last_end = self._chunk_ends[-1]
        return self._span(last_end)

    def _lengths(self, expected: float) -> tuple[float, float]:
        """Returns the length that a span should have, and the most it may have."""
        remaining = expected - self._start
        spans = ceil(remaining / self._max_span)
        target = remaining / spans
        longest_by_target = target * MAX_FILL
        longest = min(self._max_span, longest_by_target)
        return target, longest

    def _best_end(self, min_length: float) -> CutPoint:
        """Returns the end in the longest silence that makes the span long enough, else the last."""
        best: CutPoint | None = None
        for end in self._chunk_ends:
            length = end.position - self._start
            if length < min_length:
                continue
            if best is None or end.silence > best.silence:
                best = end
        return best or self._chunk_ends[-1]

    def _span(self, end: CutPoint) -> SampleInterval:
        span = (self._start, end.position)
        self._start = end.position
        later_ends = [later for later in self._chunk_ends if later.position > end.position]
        self._chunk_ends = later_ends
        return span
