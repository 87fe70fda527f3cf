"""Speech probabilities -> chunks, cut in silence where there is any. All positions are samples."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from functions.prepare.sample_intervals import (
    MILLISECOND,
    PADDING,
    SampleInterval,
    clip,
    pad,
    round_down_to_millisecond,
)
from functions.prepare.vad import WINDOW, SpeechDetector
from shared.model.artifacts import SAMPLE_RATE

MAX_CHUNKS = 200
"""Of a recording, all its channels together."""
MAX_CHUNK = 300 * SAMPLE_RATE
"""Samples."""
MIN_FILL = 0.75
"""Fraction of the target length before which nothing is cut."""
MAX_FILL = 2 - MIN_FILL
"""Fraction of the target length that has to be buffered before a cut."""
MEAN_FILL = 0.9
"""Mean length of chunks, as a fraction of their target, that keeps them within MAX_CHUNKS."""


@dataclass(frozen=True)
class CutPoint:
    """Where a chunk ends."""

    position: int
    silence: int
    """Samples of silence around it; 0 inside speech."""


@dataclass(frozen=True)
class ChunkDraft:
    """A chunk before its samples are written."""

    start: int
    end: int
    speech: tuple[SampleInterval, ...]
    """Padded, and inside the chunk."""
    silence: int
    """Samples of silence around its end."""
    inside_speech: bool = False
    """There was no pause to cut in."""


@dataclass(frozen=True)
class CutRange:
    """The positions between which a chunk should end."""

    earliest: int
    target: int


class Chunker:
    """Cuts a stream of speech probabilities into chunks that follow each other without a gap.

    No chunk is longer than MAX_CHUNK. A recording of up to `max_chunks` times that length gets at
    most `max_chunks` chunks if its length is known from the start, so the target length grows with
    the expected length of the recording.
    """

    def __init__(self, chunk_seconds: float, max_chunks: int = MAX_CHUNKS) -> None:
        self._min_target = round_down_to_millisecond(chunk_seconds * SAMPLE_RATE)
        self._max_chunks = max_chunks
        self._detector = SpeechDetector()
        self._probabilities: list[float] = []
        self._first_window = 0
        self._start = 0
        self._end = 0
        self._chunks_made = 0

    def push(
        self, probabilities: NDArray[np.float32], expected_seconds: float
    ) -> Iterator[ChunkDraft]:
        """Add the next windows' probabilities, and yield the chunks that are complete.

        `expected_seconds` is the recording's length as far as it is known. Cut only once 125 % of
        the target is buffered, so the remainder is never tiny.
        """
        self._detector.push(probabilities)
        added = probabilities.tolist()
        self._probabilities.extend(added)
        added_samples = len(added) * WINDOW
        self._end += added_samples

        expected = expected_seconds * SAMPLE_RATE
        while True:
            cut_range = self._cut_range(expected)
            buffered = self._end - self._start
            if buffered <= self._buffer_needed(cut_range):
                return
            yield self._cut(cut_range)

    def finish(self, length: int) -> Iterator[ChunkDraft]:
        """Yields the remaining chunks of a recording of `length` samples."""
        while True:
            cut_range = self._cut_range(length)
            longest = min(self._buffer_needed(cut_range), MAX_CHUNK)
            remaining = length - self._start
            if remaining <= longest:
                break
            yield self._cut(cut_range)
        end = CutPoint(length, silence=0)
        yield self._draft(end, length)

    def _cut_range(self, expected: float) -> CutRange:
        remaining = expected - self._start
        remaining_chunks = max(1, self._max_chunks - self._chunks_made)
        mean_needed = remaining / remaining_chunks

        target = round_down_to_millisecond(mean_needed / MEAN_FILL)
        target = max(self._min_target, target)
        target = min(MAX_CHUNK, target)

        earliest = max(MIN_FILL * target, mean_needed + MILLISECOND)
        earliest = min(target, earliest)
        return CutRange(
            earliest=self._start + round_down_to_millisecond(earliest),
            target=self._start + target,
        )

    def _buffer_needed(self, cut_range: CutRange) -> float:
        """Samples that have to be there before the chunk is cut."""
        target = cut_range.target - self._start
        return target * MAX_FILL

    def _cut(self, cut_range: CutRange) -> ChunkDraft:
        speech = self._detector.intervals()
        known = self._end
        cut = middle_of_longest_silence(speech, known, cut_range)
        if cut is not None:
            return self._draft(cut, known)
        position = self._least_likely_speech(cut_range)
        cut = CutPoint(position, silence=0)
        return self._draft(cut, known, inside_speech=True)

    def _least_likely_speech(self, cut_range: CutRange) -> int:
        """Returns the middle of the window with the lowest probability."""
        first = cut_range.earliest // WINDOW
        end = max(cut_range.target // WINDOW, first + 1)
        first_index = first - self._first_window
        end_index = end - self._first_window
        probabilities = self._probabilities[first_index:end_index]

        lowest = min(probabilities)
        window = first + probabilities.index(lowest)
        window_start = window * WINDOW
        middle = window_start + WINDOW // 2
        middle = max(middle, cut_range.earliest)
        return min(middle, cut_range.target)

    def _draft(self, cut: CutPoint, known: int, *, inside_speech: bool = False) -> ChunkDraft:
        """Returns the chunk up to `cut`, and starts the next. `known` samples are buffered."""
        padded = pad(self._detector.intervals(), known)
        speech = tuple(clip(padded, self._start, cut.position))
        draft = ChunkDraft(self._start, cut.position, speech, cut.silence, inside_speech)

        next_window = cut.position // WINDOW
        finished_windows = next_window - self._first_window
        del self._probabilities[:finished_windows]
        self._first_window = next_window
        self._start = cut.position
        self._chunks_made += 1
        return draft


def middle_of_longest_silence(
    speech: list[SampleInterval], known: int, cut_range: CutRange
) -> CutPoint | None:
    """Returns the middle of the longest silence in the range, or None if all of it is speech.

    `known` samples are buffered. The padding of speech counts as speech; where two neighbours'
    padding meets there is one place to cut.
    """
    beyond = max(known, cut_range.target) + PADDING
    edges = [(0, -PADDING), *speech, (beyond, beyond)]
    candidates: list[tuple[int, int, int]] = []
    for (_, silence_start), (silence_end, _) in pairwise(edges):
        silence = silence_end - silence_start
        padding = min(PADDING, silence // 2)
        first = max(silence_start + padding, cut_range.earliest)
        last = min(silence_end - padding, cut_range.target)
        if first <= last:
            middle = round_down_to_millisecond((first + last) / 2)
            candidates.append((last - first, silence, middle))

    if not candidates:
        return None
    _, silence, position = max(candidates)
    return CutPoint(position, silence)
