"""Pauses are detected in speech and silence, and not in steady noise."""

from pathlib import Path

import numpy as np

from functions.align.sound import Sound, read
from tests.unit.align.segments import heard_at, silence


def test_pauses_are_where_it_is_quiet() -> None:
    sound = heard_at((1.0, 1.5), (2.0, 2.4), (2.45, 3.0))
    assert sound.pauses(1.0, 3.0, 0.1) == [(1.5, 2.0)]
    assert len(sound.pauses(1.0, 3.0, 0.03) or ()) == 2


def test_in_noise_no_pause_is_known() -> None:
    assert heard_at((1.0, 1.5), (2.0, 2.4), noise=0.05).pauses(1.0, 2.4, 0.1) is None


def test_silence_and_time_outside_hold_no_word(tmp_path: Path) -> None:
    sound = read(silence(tmp_path / "silence.wav", 2))
    assert sound.seconds == 2
    assert sound.pauses(0.5, 1.0, 0.1) is None
    assert sound.pauses(5.0, 6.0, 0.1) is None
    assert Sound(np.zeros(0, np.float32)).pauses(0.0, 1.0, 0.1) is None


def test_a_pause_does_not_hang_on_how_loud_the_recording_is() -> None:
    sound = heard_at((1.0, 1.5), (2.0, 2.4))
    faint = Sound(sound.samples * np.float32(0.01))
    assert faint.pauses(1.0, 2.4, 0.1) == sound.pauses(1.0, 2.4, 0.1)
