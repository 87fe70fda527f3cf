"""Peaks are the true maxima of the sound, ten a second, however the sound comes in blocks."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.prepare.peaks import SAMPLES_PER_PEAK, PeakMeter
from tests.support.audio_files import Samples
from tests.support.prepared_audio import PreparedAudio
from tests.support.recordings import RATE, silence, wav

HOUR = 3600 * RATE
BLOCK = 64 * 512


def measured(samples: Samples, *cuts: int) -> list[int]:
    """Returns the peaks of rows of channels that are pushed in blocks between the cuts."""
    meter = PeakMeter()
    for block in np.split(samples, sorted(cuts), axis=1):
        meter.push(block)
    return list(meter.finish())


def one_row(*values: int) -> Samples:
    """Returns one channel with each value in the middle of its own tenth of a second."""
    samples = np.zeros((1, len(values) * SAMPLES_PER_PEAK), np.int16)
    samples[0, SAMPLES_PER_PEAK // 2 :: SAMPLES_PER_PEAK] = values
    return samples


def test_a_peak_is_the_largest_absolute_sample_in_proportion() -> None:
    loudness = [0, 1, -1, 128, 129, -16384, 16384, 32767, -32768]
    assert measured(one_row(*loudness)) == [0, 1, 1, 1, 2, 128, 128, 255, 255]


def test_of_several_channels_the_loudest_counts() -> None:
    left, right = one_row(100, 30000, 0), one_row(-20000, 5, 0)
    assert measured(np.concatenate([left, right])) == [156, 234, 0]


def test_the_last_peak_may_be_of_less_sound() -> None:
    samples = one_row(0, 0, 9000)[:, : 2 * SAMPLES_PER_PEAK + 1]
    samples[0, -1] = -32768
    assert measured(samples) == [0, 0, 255]
    assert measured(samples[:, :0]) == []


@given(st.lists(st.integers(0, 5000), max_size=6), st.integers(1, 5000), st.integers(1, 3))
def test_peaks_do_not_depend_on_how_the_sound_is_divided(
    cuts: list[int], length: int, channels: int
) -> None:
    generator = np.random.default_rng(length)
    samples = generator.integers(-32768, 32768, (channels, length)).astype(np.int16)
    inside = [min(cut, length) for cut in cuts]
    assert measured(samples, *inside) == measured(samples)
    for number, peak in enumerate(measured(samples)):
        start = number * SAMPLES_PER_PEAK
        part = samples[:, start : start + SAMPLES_PER_PEAK].astype(int)
        assert peak == int(np.ceil(np.abs(part).max() * 255 / 32768))


def test_twelve_hours_are_432_kilobytes() -> None:
    meter = PeakMeter()
    block = np.full((1, BLOCK), 16384, np.int16)
    whole_blocks, rest = divmod(12 * HOUR, BLOCK)
    for _ in range(whole_blocks):
        meter.push(block)
    meter.push(block[:, :rest])
    peaks = meter.finish()
    assert len(peaks) == 432_000
    assert set(peaks) == {128}


@pytest.mark.parametrize("channels", ["mix", "split"])
def test_prepare_measures_the_sound_at_its_own_times(channels: str, tmp_path: Path) -> None:
    """Clicks at known times in silence, on both channels when they are mixed."""
    left = silence(30).copy()
    right = left.copy()
    clicks = {1.25: 8000, 12.05: -32768, 29.99: 20000}
    for seconds, value in clicks.items():
        left[round(seconds * RATE)] = value
    if channels == "mix":
        right = left.copy()
    stereo = np.stack([left, right], axis=1).reshape(-1)
    prepared = PreparedAudio(wav(stereo, channels=2), tmp_path, channels=channels)
    assert len(prepared.peaks) == 300
    found = {number: peak for number, peak in enumerate(prepared.peaks) if peak}
    assert found == {12: 63, 120: 255, 299: 156}


def test_a_recording_that_ends_within_a_tenth_of_a_second_has_its_last_peak(tmp_path: Path) -> None:
    samples = silence(1)[: RATE - 100].copy()
    samples[-1] = 32767
    prepared = PreparedAudio(wav(samples), tmp_path)
    assert list(prepared.peaks) == [0] * 9 + [255]
