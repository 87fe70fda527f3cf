"""Proves how much sound is encoded for a window of each length."""

import pytest

from functions.transcribe.timed_whisper import (
    CONTEXT_STEP,
    MAX_CONTEXT,
    MIN_CONTEXT,
    MIN_SILENT_FRAMES,
    context_frames,
)


@pytest.mark.parametrize(
    ("seconds", "context_seconds"),
    [(0.1, 10), (3, 10), (9, 10), (9.01, 15), (14, 15), (24.5, 30), (29, 30), (30, 30)],
)
def test_the_context_is_little_longer_than_the_window(
    seconds: float, context_seconds: float
) -> None:
    assert context_frames(round(seconds * 100)) == context_seconds * 100


def test_every_window_is_encoded_whole_and_followed_by_silence_if_there_is_room() -> None:
    for frames in range(2, MAX_CONTEXT + 1):
        context = context_frames(frames)
        assert MIN_CONTEXT <= context <= MAX_CONTEXT
        assert context % CONTEXT_STEP == 0
        assert context >= min(frames + MIN_SILENT_FRAMES, MAX_CONTEXT)
