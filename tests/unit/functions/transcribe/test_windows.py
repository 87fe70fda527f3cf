"""Proves that speech is cut at pauses into intervals that fit into Whisper's window."""

import numpy as np

from functions.transcribe.windows import WINDOW_SECONDS, fit_to_windows, peak
from shared.model.artifacts import SAMPLE_RATE, Interval

NOISE = np.random.default_rng(7).normal(0, 0.1, 80 * SAMPLE_RATE).astype(np.float32)


def test_intervals_that_fit_are_unchanged() -> None:
    speech = [Interval(start=1, end=31), Interval(start=40, end=41)]
    assert list(fit_to_windows(speech, NOISE)) == speech


def test_a_long_interval_is_cut_in_its_pause() -> None:
    samples = NOISE.copy()
    samples[24 * SAMPLE_RATE : 25 * SAMPLE_RATE] = 0
    first, second = fit_to_windows([Interval(start=2, end=50)], samples)
    assert first.start == 2 and first.end == second.start and second.end == 50
    assert 24 < first.end < 25


def test_noise_without_a_pause_is_cut_too() -> None:
    fitted = list(fit_to_windows([Interval(start=0, end=80)], NOISE))
    assert all(interval.end - interval.start <= WINDOW_SECONDS for interval in fitted)
    assert [interval.start for interval in fitted[1:]] == [interval.end for interval in fitted[:-1]]
    assert (fitted[0].start, fitted[-1].end) == (0, 80)


def test_speech_ends_with_the_samples() -> None:
    speech = [Interval(start=79, end=99), Interval(start=99, end=100)]
    assert list(fit_to_windows(speech, NOISE)) == [Interval(start=79, end=80)]


def test_the_peak_may_be_negative() -> None:
    assert peak(np.array([0.1, -0.5, 0.2], np.float32)) == 0.5
    assert peak(np.array([], np.float32)) == 0.0
