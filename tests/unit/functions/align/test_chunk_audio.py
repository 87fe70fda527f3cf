"""Pauses are found in a chunk's audio by their level."""

from pathlib import Path

import numpy as np

from functions.align.chunk_audio import ChunkAudio
from shared.model.artifacts import Interval
from shared.model.audio import read_wav
from tests.support.segments import audio_with_speech, write_silence


def test_pauses_are_found_where_the_audio_is_quiet() -> None:
    audio = audio_with_speech((1.0, 1.5), (2.0, 2.4), (2.45, 3.0))
    assert audio.pauses(1.0, 3.0, 0.1) == [Interval(start=1.5, end=2.0)]
    assert len(audio.pauses(1.0, 3.0, 0.03) or ()) == 2


def test_noise_hides_pauses() -> None:
    assert audio_with_speech((1.0, 1.5), (2.0, 2.4), noise=0.05).pauses(1.0, 2.4, 0.1) is None


def test_silence_and_times_outside_the_audio_have_no_word(tmp_path: Path) -> None:
    audio = ChunkAudio(read_wav(write_silence(tmp_path / "silence.wav", 2)))
    assert audio.duration == 2
    assert audio.pauses(0.5, 1.0, 0.1) is None
    assert audio.pauses(5.0, 6.0, 0.1) is None
    assert ChunkAudio(np.zeros(0, np.float32)).pauses(0.0, 1.0, 0.1) is None


def test_pauses_do_not_depend_on_the_volume() -> None:
    audio = audio_with_speech((1.0, 1.5), (2.0, 2.4))
    faint = ChunkAudio(audio.samples * np.float32(0.01))
    assert faint.pauses(1.0, 2.4, 0.1) == audio.pauses(1.0, 2.4, 0.1)


def test_digital_silence_nearby_does_not_hide_pauses() -> None:
    audio = audio_with_speech((1.0, 1.5), (2.0, 2.4))
    audio.samples[56_000:] = 0
    assert audio.pauses(1.0, 2.4, 0.1) == [Interval(start=1.5, end=2.0)]
