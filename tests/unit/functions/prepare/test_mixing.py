"""A voice on any channels, at any phase, is in the mix as loud as its weight allows."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from functions.prepare.cancellation import HOP
from functions.prepare.mixing import Mixer, mix_weights
from functions.prepare.resampling import BLOCK, Downmix
from functions.prepare.sample_buffer import Rows
from tests.support.audio_files import Samples, encode
from tests.support.decoding import decode
from tests.support.frames import frames_of
from tests.support.recordings import RATE, silence, speech, wav

TALK = speech()[6 * RATE : 14 * RATE]
LAYOUTS = {
    "none": (),
    "3.0": ("FL", "FR", "FC"),
    "2.1": ("FL", "FR", "LFE"),
    "quad": ("FL", "FR", "BL", "BR"),
    "5.1": ("FL", "FR", "FC", "LFE", "BL", "BR"),
    "7.1": ("FL", "FR", "FC", "LFE", "BL", "BR", "SL", "SR"),
}


def mix(rows: Rows, roles: tuple[str, ...] = ()) -> tuple[Rows, float]:
    """Returns the mix of all rows, and how many of its seconds were cancelled."""
    mixer = Mixer(mix_weights(roles or ("NONE",) * len(rows)))
    whole = (rows.shape[1] - 1) // BLOCK * BLOCK
    mixed = [mixer.push(rows[:, start : start + BLOCK]) for start in range(0, whole, BLOCK)]
    mixed.append(mixer.flush(rows[:, whole:]))
    joined = np.concatenate(mixed, axis=1)
    assert joined.shape == (1, rows.shape[1])
    return joined[0], mixer.cancelled_seconds


def voice(seconds: float, seed: int) -> Rows:
    """Returns noise between 300 and 3400 Hz, with a peak of about 0.5."""
    noise = np.random.default_rng(seed).standard_normal(int(seconds * RATE))
    spectrum = np.fft.rfft(noise)
    frequency = np.fft.rfftfreq(len(noise), 1 / RATE)
    spectrum[(frequency < 300) | (frequency > 3400)] = 0
    return np.fft.irfft(spectrum, len(noise)).astype(np.float32) * np.float32(0.2)


def energy(samples: Rows | Samples) -> float:
    return float((samples.astype(float) ** 2).sum())


gains = st.floats(0.1, 1).flatmap(lambda gain: st.sampled_from([gain, -gain]))


@settings(max_examples=60, deadline=None)
@given(
    layout=st.sampled_from(sorted(LAYOUTS)),
    channel_gains=st.lists(gains | st.just(0.0), min_size=2, max_size=12),
    delays=st.lists(st.integers(0, 40), min_size=12, max_size=12),
    start=st.floats(0, 1),
    seconds=st.floats(0.6, 1.5),
    background=st.sampled_from([0.0, 1e-4, 1e-3]),
)
def test_a_voice_is_in_the_mix_whatever_its_channels_and_phases(
    layout: str,
    channel_gains: list[float],
    delays: list[int],
    start: float,
    seconds: float,
    background: float,
) -> None:
    roles = LAYOUTS[layout] or ("NONE",) * len(channel_gains)
    channels = len(roles)
    channel_gains = (channel_gains * channels)[:channels]
    generator = np.random.default_rng(1)
    rows = generator.normal(0, background, (channels, 3 * RATE)).astype(np.float32)
    burst = voice(seconds, seed=2)
    first = int(start * RATE)
    for row, gain, delay in zip(rows, channel_gains, delays, strict=False):
        row[first + delay : first + delay + len(burst)] += np.float32(gain) * burst

    mixed, _ = mix(rows, roles)
    weights = mix_weights(roles)
    during = slice(first, first + len(burst) + 40)
    loudest = max(energy(weight * row[during]) for weight, row in zip(weights, rows, strict=True))
    assert energy(mixed[during]) >= loudest / 10, "10 dB below its weight at most"


@pytest.mark.parametrize("roles", LAYOUTS.values(), ids=LAYOUTS)
def test_every_channel_has_a_weight(roles: tuple[str, ...]) -> None:
    weights = mix_weights(roles or ("FL", "FR"))
    assert weights.sum() == pytest.approx(1)
    assert weights.min() > 0.1


def test_equal_channels_are_mixed_to_the_same() -> None:
    rows = np.tile(voice(3, seed=1), (2, 1))
    mixed, cancelled = mix(rows)
    np.testing.assert_array_equal(mixed, rows[0])
    assert cancelled == 0


def test_unrelated_channels_are_averaged() -> None:
    rows = np.stack([voice(3, seed=1), voice(3, seed=2)])
    mixed, cancelled = mix(rows)
    np.testing.assert_allclose(mixed, rows.mean(axis=0), atol=1e-6)
    assert cancelled == 0


def test_a_mix_after_a_flush_starts_anew() -> None:
    rows = np.stack([voice(1, seed=1), -voice(1, seed=1)])
    mixer = Mixer(mix_weights(("FL", "FR")))
    first = mixer.flush(rows[:, : 10 * HOP + 7])
    second = mixer.flush(rows[:, : 10 * HOP + 7])
    np.testing.assert_allclose(np.abs(first), np.abs(second), atol=1e-6)
    assert mixer.cancelled_seconds > 0.1


def interleave(*channels: Samples) -> Samples:
    return np.stack(channels, axis=1).reshape(-1)


def likeness(one: Samples, other: Samples) -> float:
    """Returns the correlation of the samples, whatever their phase and loudness."""
    length = min(len(one), len(other))
    return abs(float(np.corrcoef(one[:length], other[:length])[0, 1]))


def level(samples: Samples) -> float:
    """Returns the root mean square in dB of TALK's."""
    ratio = energy(samples) / energy(TALK)
    return float(10 * np.log10(ratio))


def test_opposite_channels_keep_their_voice_and_a_warning_counts_the_seconds() -> None:
    samples, _, warnings = decode(wav(interleave(TALK, -TALK), channels=2))
    assert likeness(samples, TALK) > 0.99
    assert level(samples) > -4
    (warning,) = warnings
    assert (warning.code, warning.stage) == ("channels_cancel", "prepare")
    cancelled = re.match(r"for (.*) s the channels cancel each other", warning.message)
    assert cancelled is not None
    assert float(cancelled[1]) == pytest.approx(8, abs=0.6)


def test_a_stretch_of_opposite_channels_is_repaired() -> None:
    other = TALK.copy()
    other[2 * RATE : 5 * RATE] *= -1
    samples, _, warnings = decode(wav(interleave(TALK, other), channels=2))
    assert level(samples[2 * RATE : 5 * RATE]) > -4 + level(TALK[2 * RATE : 5 * RATE])
    np.testing.assert_array_equal(samples[:RATE], TALK[:RATE])
    assert [warning.code for warning in warnings] == ["channels_cancel"]


def test_a_voice_in_opposite_phase_is_kept_under_a_hum_in_phase() -> None:
    times = np.arange(len(TALK)) / RATE
    hum = (6000 * np.sin(2 * np.pi * 50 * times)).astype(np.int16)
    samples, _, warnings = decode(wav(interleave(hum + TALK // 2, hum - TALK // 2), channels=2))
    assert likeness(samples - hum, TALK) > 0.95
    assert [warning.code for warning in warnings] == ["channels_cancel"]


@pytest.mark.parametrize("channels", [3, 4, 6, 8, 9, 16])
def test_no_microphone_of_many_is_dropped(channels: int) -> None:
    for speaking in range(channels):
        rows = [TALK if channel == speaking else silence(8) for channel in range(channels)]
        samples, _, _ = decode(wav(interleave(*rows), channels=channels))
        assert likeness(samples, TALK) > 0.98
        assert level(samples) > -20 * np.log10(channels) - 6


@pytest.mark.parametrize(
    ("container", "codec"), [("flac", "flac"), ("mp4", "aac"), ("matroska", "ac3")]
)
@pytest.mark.parametrize("speaking", [4, 5])
def test_surround_channels_are_in_the_mix(container: str, codec: str, speaking: int) -> None:
    rows = [TALK if channel == speaking else silence(8) for channel in range(6)]
    data = encode(container, codec, interleave(*rows), rate=48000, layout="5.1")
    samples, _, _ = decode(data)
    assert level(samples) > -22


def test_low_tones_on_their_own_channel_are_in_the_mix() -> None:
    times = np.arange(8 * RATE) / RATE
    low = (8000 * np.sin(2 * np.pi * 80 * times)).astype(np.int16)
    rows = [low if channel == 3 else silence(8) for channel in range(6)]
    data = encode("matroska", "ac3", interleave(*rows), rate=48000, layout="5.1")
    samples, _, _ = decode(data)
    assert abs(samples[RATE:].astype(float)).max() > 500


@settings(max_examples=15, deadline=None)
@given(sizes=st.lists(st.integers(200, 30_000), min_size=1, max_size=8))
def test_the_mix_does_not_depend_on_the_size_of_packets(sizes: list[int]) -> None:
    other = np.where(np.arange(4 * RATE) < 2 * RATE, TALK[: 4 * RATE], -TALK[: 4 * RATE])
    samples = np.stack([TALK[: 4 * RATE], other.astype(np.int16)])
    whole, divided = Downmix(), Downmix()
    expected = [*whole.convert(frames_of(samples, [4 * RATE])[0]), *whole.flush()]
    found: list[Samples] = []
    for frame in frames_of(samples, sizes):
        found += divided.convert(frame)
    found += divided.flush()
    np.testing.assert_array_equal(np.concatenate(found, axis=1), np.concatenate(expected, axis=1))
