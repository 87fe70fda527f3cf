"""Speech regions longer than a window are cut, in a pause where there is one."""

import numpy as np

from functions.transcribe.sound import LONGEST, fitting, loudest
from shared.model.artifacts import SAMPLE_RATE, Interval

NOISE = np.random.default_rng(7).normal(0, 0.1, 80 * SAMPLE_RATE).astype(np.float32)


def test_what_fits_is_left_alone() -> None:
    speech = [Interval(start=1, end=31), Interval(start=40, end=41)]
    assert list(fitting(speech, NOISE)) == speech


def test_a_long_region_is_cut_in_its_pause() -> None:
    audio = NOISE.copy()
    audio[24 * SAMPLE_RATE : 25 * SAMPLE_RATE] = 0
    first, second = fitting([Interval(start=2, end=50)], audio)
    assert first.start == 2 and first.end == second.start and second.end == 50
    assert 24 < first.end < 25


def test_noise_without_a_pause_is_cut_all_the_same() -> None:
    found = list(fitting([Interval(start=0, end=80)], NOISE))
    assert all(region.end - region.start <= LONGEST for region in found)
    assert [region.start for region in found[1:]] == [region.end for region in found[:-1]]
    assert (found[0].start, found[-1].end) == (0, 80)


def test_speech_ends_with_the_audio() -> None:
    assert list(fitting([Interval(start=79, end=99), Interval(start=99, end=100)], NOISE)) == [
        Interval(start=79, end=80)
    ]


def test_the_loudest_sample_may_be_below_zero() -> None:
    assert loudest(np.array([0.1, -0.5, 0.2], np.float32)) == 0.5
    assert loudest(np.array([], np.float32)) == 0.0
