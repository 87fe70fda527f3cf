"""Sound beyond full scale is made quieter instead of being clipped, and a warning says so."""

import re
import struct

import numpy as np
import pytest
from numpy.typing import NDArray

from functions.prepare.full_scale import FullScale
from functions.prepare.resampling import BLOCK
from shared.model.artifacts import StageWarning
from tests.support.audio_files import Samples
from tests.support.decoding import decode
from tests.support.recordings import RATE, speech, wav

TALK = speech()[6 * RATE : 14 * RATE]
Floats = NDArray[np.floating]


def float_wav(samples: Floats, channels: int = 1) -> bytes:
    """Returns a WAV file of 32-bit floating-point samples."""
    data = samples.astype("<f4").tobytes()
    frame_bytes = 4 * channels
    description = struct.pack("<HHIIHH", 3, channels, RATE, RATE * frame_bytes, frame_bytes, 32)
    chunks = b"WAVEfmt " + struct.pack("<I", 16) + description
    chunks += b"data" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(chunks)) + chunks


def decode_floats(samples: Floats, channels: int = 1) -> tuple[Samples, tuple[StageWarning, ...]]:
    decoded, _, warnings = decode(float_wav(samples, channels))
    return decoded, warnings


def likeness(one: Samples, other: Samples) -> float:
    return float(np.corrcoef(one, other)[0, 1])


def test_floats_within_full_scale_are_unchanged() -> None:
    samples, warnings = decode_floats(TALK.astype(np.float32) / 32768)
    np.testing.assert_array_equal(samples, TALK)
    assert not warnings


@pytest.mark.parametrize("times", [8, 32768, 2.0**31])
def test_floats_beyond_full_scale_are_scaled(times: float) -> None:
    loud = TALK.astype(np.float32) * np.float32(times / abs(TALK).max())
    samples, (warning,) = decode_floats(loud)
    for start in range(0, len(TALK), BLOCK):
        block = slice(start, start + BLOCK)
        assert likeness(samples[block], TALK[block]) > 0.995
    is_clipped = abs(samples.astype(int)) >= 32767
    assert is_clipped.mean() < 0.002
    assert (warning.code, warning.stage) == ("over_full_scale", "prepare")
    assert "times full scale" in warning.message


@pytest.mark.parametrize(("decibels", "offset"), [(-80, 0.0), (-100, 0.0), (-80, 0.5)])
def test_sound_that_is_too_quiet_for_16_bits_is_named(decibels: int, offset: float) -> None:
    peak = 10 ** (decibels / 20)
    quiet = TALK.astype(np.float64) * peak / abs(TALK).max() + offset
    _, (warning,) = decode_floats(quiet)
    assert warning.code == "too_quiet"
    match = re.search(r"at (-\d+) dBFS", warning.message)
    assert match is not None
    assert float(match[1]) == pytest.approx(decibels, abs=3)


@pytest.mark.parametrize("level", [0.0, 10 ** (-66 / 20)])
def test_silence_and_quiet_sound_are_not_named(level: float) -> None:
    _, warnings = decode_floats(TALK.astype(np.float64) * level / abs(TALK).max())
    assert warnings == ()


def test_channels_keep_their_proportion() -> None:
    loud = TALK.astype(np.float32) / 4000
    samples, (warning,) = decode_floats(np.stack([loud, loud], axis=1).reshape(-1), channels=2)
    assert likeness(samples, TALK) > 0.97
    assert warning.code == "over_full_scale"


def test_a_single_huge_number_does_not_silence_the_rest() -> None:
    damaged = TALK.astype(np.float32) / 32768
    damaged[RATE] = 1e30
    samples, warnings = decode_floats(damaged)
    np.testing.assert_array_equal(samples[RATE + 1 :], TALK[RATE + 1 :])
    assert not warnings

    stereo = np.stack([damaged, -TALK.astype(np.float32) / 32768], axis=1).reshape(-1)
    samples, _ = decode_floats(stereo, channels=2)
    assert abs(likeness(samples[2 * RATE :], TALK[2 * RATE :])) > 0.98


def test_the_level_recovers_after_a_loud_stretch() -> None:
    full_scale = FullScale()
    loud = np.full((1, BLOCK), 4.0, np.float32)
    quiet = np.full((1, BLOCK), 0.1, np.float32)
    full_scale.convert(loud)
    blocks = [full_scale.convert(quiet) for _ in range(40)]
    peaks = [int(block.max()) for block in blocks]
    assert peaks == sorted(peaks)
    assert peaks[0] < 1000
    assert peaks[-1] == round(0.1 * 32768)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_undefined_numbers_are_silence(value: float) -> None:
    damaged = TALK.astype(np.float32) / 32768
    damaged[RATE : RATE + 100] = value
    samples, _ = decode_floats(damaged)
    assert not samples[RATE : RATE + 100].any()
    np.testing.assert_array_equal(samples[2 * RATE :], TALK[2 * RATE :])


def test_integers_never_exceed_full_scale() -> None:
    square = np.where(np.arange(RATE) % 100 < 50, 32767, -32768).astype(np.int16)
    samples, _, warnings = decode(wav(square))
    np.testing.assert_array_equal(samples, square)
    assert not warnings
