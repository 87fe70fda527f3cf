"""A few clips dense in speech from all over the recording, for detecting its language.

All positions are samples.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from math import ceil

import numpy as np
from numpy.typing import NDArray

from functions.prepare.chunking import ChunkDraft
from functions.prepare.sample_intervals import SampleInterval, clip
from shared.model.artifacts import SAMPLE_RATE

MAX_CLIPS = 5
MAX_CLIP = 30 * SAMPLE_RATE
"""Samples: the 30 s that Whisper hears at once."""
MAX_CANDIDATES = 2 * MAX_CLIPS
"""Clips held at a time, so that memory does not grow with the recording."""


@dataclass(frozen=True)
class SpeechClip:
    """Samples of the recording that start and end with speech."""

    start: int
    end: int
    speech: int
    """Samples of speech in it."""
    samples: NDArray[np.int16] = field(repr=False, compare=False)


class LanguageSampler:
    """Collects clips while the recording is cut into chunks.

    The recording is divided into sections of equal length, and the clip with the most speech is
    kept of each. When that makes too many clips, the sections double in length.
    """

    def __init__(self) -> None:
        self._candidates: list[SpeechClip] = []
        self._section = MAX_CLIP

    def add(self, chunk: ChunkDraft, samples: NDArray[np.int16]) -> None:
        """Consider the speech of a chunk, whose samples are given."""
        for start, end, speech in clip_positions(chunk.speech):
            first = start - chunk.start
            last = end - chunk.start
            clip_samples = samples[first:last].copy()
            candidate = SpeechClip(start, end, speech, clip_samples)
            self._add_clip(candidate)

    def _add_clip(self, candidate: SpeechClip) -> None:
        candidates = [*self._candidates, candidate]
        candidates = densest_per_section(candidates, self._section)
        while len(candidates) > MAX_CANDIDATES:
            self._section *= 2
            candidates = densest_per_section(candidates, self._section)
        self._candidates = candidates

    def select(self, length: int) -> list[SpeechClip]:
        """Returns at most MAX_CLIPS clips of a recording of `length` samples, in order.

        These are the densest of each fifth of the recording, then the densest of the rest.
        """
        fifth = ceil(length / MAX_CLIPS)
        spread = densest_per_section(self._candidates, fifth)
        rest = [candidate for candidate in self._candidates if candidate not in spread]
        rest.sort(key=most_speech_first)
        selected = [*spread, *rest][:MAX_CLIPS]
        return sorted(selected, key=lambda clip: clip.start)


def clip_positions(speech: Sequence[SampleInterval]) -> Iterator[tuple[int, int, int]]:
    """Yields (start, end, samples of speech) of as many clips as fit one after the other."""
    while speech:
        start = speech[0][0]
        limit = start + MAX_CLIP
        inside = clip(speech, start, limit)
        end = inside[-1][1]
        lengths = [interval_end - interval_start for interval_start, interval_end in inside]
        samples = sum(lengths)
        yield start, end, samples
        speech = [interval for interval in speech if interval[0] >= limit]


def densest_per_section(clips: Sequence[SpeechClip], section: int) -> list[SpeechClip]:
    """Returns the clip with the most speech of those that start in each section."""
    densest: dict[int, SpeechClip] = {}
    for candidate in sorted(clips, key=most_speech_first):
        number = candidate.start // section
        densest.setdefault(number, candidate)
    return list(densest.values())


def most_speech_first(candidate: SpeechClip) -> int:
    return -candidate.speech
