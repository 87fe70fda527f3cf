"""The language sample is taken from the parts of the recording with the most speech."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from functions.prepare.chunking import ChunkDraft
from functions.prepare.language_sample import (
    MAX_CANDIDATES,
    MAX_CLIP,
    MAX_CLIPS,
    LanguageSampler,
    SpeechClip,
    clip_positions,
)
from functions.prepare.sample_intervals import SampleInterval
from shared.model.artifacts import SAMPLE_RATE


def in_samples(*intervals: tuple[float, float]) -> tuple[SampleInterval, ...]:
    return tuple((int(start * SAMPLE_RATE), int(end * SAMPLE_RATE)) for start, end in intervals)


def one_minute(number: int, speech_seconds: float) -> ChunkDraft:
    """Returns a chunk of 60 s with speech from its 10th second on."""
    start = 60 * number
    speech_start = start + 10
    speech = in_samples((speech_start, speech_start + speech_seconds)) if speech_seconds else ()
    return ChunkDraft(start * SAMPLE_RATE, (start + 60) * SAMPLE_RATE, speech, silence=0)


def select(chunks: list[ChunkDraft]) -> list[SpeechClip]:
    """Returns the selected clips of chunks whose samples are their own positions."""
    sampler = LanguageSampler()
    for chunk in chunks:
        sampler.add(chunk, np.arange(chunk.start, chunk.end).astype(np.int16))
    return sampler.select(chunks[-1].end)


def starts(clips: list[SpeechClip]) -> list[int]:
    return [clip.start // SAMPLE_RATE for clip in clips]


def test_silence_has_no_clip() -> None:
    assert select([ChunkDraft(0, SAMPLE_RATE, (), 0)]) == []


def test_a_clip_starts_and_ends_with_speech() -> None:
    positions = clip_positions(in_samples((1, 5), (6, 28), (29, 45), (50, 52)))
    seconds = [tuple(value / SAMPLE_RATE for value in position) for position in positions]
    assert seconds == [(1, 31, 28), (50, 52, 2)]


def test_a_clip_holds_the_samples_of_its_position() -> None:
    (clip,) = select([one_minute(3, 5)])
    expected = np.arange(clip.start, clip.end).astype(np.int16)
    np.testing.assert_array_equal(clip.samples, expected)


def test_clips_come_from_all_over_the_recording() -> None:
    for minutes in (5, 10, 11, 99, 200):
        clips = select([one_minute(number, 20) for number in range(minutes)])
        fifths = {start * MAX_CLIPS // (60 * minutes) for start in starts(clips)}
        assert fifths == set(range(MAX_CLIPS))


def test_the_clip_with_the_most_speech_of_a_section_is_taken() -> None:
    speech_seconds = [1, 1, 29, 1, 1, 1, 1, 1, 29, 1]
    clips = select([one_minute(number, speech) for number, speech in enumerate(speech_seconds)])
    assert {2 * 60 + 10, 8 * 60 + 10} <= set(starts(clips))


def test_all_clips_may_come_from_the_only_section_with_speech() -> None:
    clips = select([one_minute(number, 20 if number < 5 else 0) for number in range(50)])
    assert len(clips) == MAX_CLIPS


@given(st.lists(st.integers(0, 50), min_size=1, max_size=60))
def test_no_more_clips_are_kept_than_allowed(speech_seconds: list[float]) -> None:
    sampler = LanguageSampler()
    chunks = [one_minute(number, speech) for number, speech in enumerate(speech_seconds)]
    for chunk in chunks:
        sampler.add(chunk, np.zeros(chunk.end - chunk.start, np.int16))
        assert len(sampler._candidates) <= MAX_CANDIDATES
    clips = sampler.select(chunks[-1].end)
    assert len(clips) == min(MAX_CLIPS, len(sampler._candidates))
    assert all(0 < clip.speech <= clip.end - clip.start <= MAX_CLIP for clip in clips)
    assert clips == sorted(clips, key=lambda clip: clip.start)
