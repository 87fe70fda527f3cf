"""Streaming voice activity detection equals running Silero on the whole recording."""

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import nonspeech
from benchmarks.evaluation import noise
from functions.prepare.sample_intervals import SampleInterval, pad
from functions.prepare.vad import (
    MIN_SILENCE,
    MIN_SPEECH,
    WINDOW,
    LevelledVad,
    SileroVad,
    SpeechDetector,
    audible_gain,
    engine,
    model_path,
)
from tests.support.audio_files import Samples
from tests.support.recordings import RATE, silence, speech


def stream_probabilities(samples: Samples, block: int) -> list[float]:
    """Returns the probabilities of a recording that comes in blocks of so many samples."""
    vad = SileroVad()
    probabilities: list[float] = []
    for start in range(0, len(samples), block):
        found = vad.probabilities(samples[start : start + block])
        probabilities.extend(found.tolist())
    return probabilities


@pytest.mark.parametrize("windows", [1, 7, 64])
@pytest.mark.parametrize("length", [30 * RATE, 20 * RATE + 100])
def test_a_stream_has_the_probabilities_of_the_whole_recording(windows: int, length: int) -> None:
    from faster_whisper.vad import get_vad_model

    samples = speech()[:length]
    scaled = samples.astype(np.float32) / 32768
    expected = get_vad_model()(np.pad(scaled, (0, -length % WINDOW)))
    found = stream_probabilities(samples, windows * WINDOW)
    assert len(found) == len(expected)
    # faster-whisper has no context for the end of the last window
    np.testing.assert_allclose(found[:-1], expected[:-1], atol=1e-4)


def test_intervals_are_those_of_faster_whisper() -> None:
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(
        threshold=0.5,
        neg_threshold=0.35,
        min_silence_duration_ms=160,
        speech_pad_ms=200,
        min_speech_duration_ms=63,
    )
    timestamps = get_speech_timestamps(speech().astype(np.float32) / 32768, options)
    expected = [(timestamp["start"], timestamp["end"]) for timestamp in timestamps]
    detector = SpeechDetector()
    detector.push(stream_probabilities(speech(), 64 * WINDOW))
    found = pad(detector.intervals(), len(speech()))
    assert found == expected
    assert len(found) > 2


def test_digital_silence_is_not_speech() -> None:
    assert max(stream_probabilities(silence(20), 64 * WINDOW)) < 0.1


BLOCK = 64 * WINDOW


def speech_seconds(vad: SileroVad | LevelledVad, samples: Samples) -> float:
    """Returns the seconds of speech that are found in blocks of two seconds."""
    detector = SpeechDetector()
    for start in range(0, len(samples), BLOCK):
        detector.push(vad.probabilities(samples[start : start + BLOCK]))
    return sum(end - start for start, end in detector.intervals()) / RATE


def at_level(peak: float, samples: Samples) -> Samples:
    """Returns the samples with a peak in dB of full scale."""
    factor = 32768 * 10 ** (peak / 20) / abs(samples.astype(float)).max()
    quiet: Samples = np.rint(samples * factor).astype(np.int16)
    return quiet


@pytest.mark.parametrize("peak", [-42, -52, -58, -64])
def test_very_quiet_speech_is_found(peak: float) -> None:
    quiet = at_level(peak, speech())
    usual = speech_seconds(LevelledVad(), speech())
    assert speech_seconds(LevelledVad(), quiet) > 0.95 * usual
    if peak <= -52:
        assert speech_seconds(SileroVad(), quiet) < 0.5 * usual, "the network alone misses it"


def test_quiet_speech_is_found_between_loud_speech_and_beside_an_offset() -> None:
    loud, quiet = at_level(-6, speech()), at_level(-56, speech())
    usual = speech_seconds(LevelledVad(), loud)
    alternating = np.concatenate([loud, quiet, loud, quiet])
    assert speech_seconds(LevelledVad(), alternating) > 0.9 * 4 * usual
    assert speech_seconds(LevelledVad(), quiet + np.int16(3000)) > 0.9 * usual


def test_a_click_does_not_make_quiet_speech_inaudible() -> None:
    quiet = at_level(-56, speech())
    quiet[:: 4 * RATE] = 20_000
    usual = speech_seconds(LevelledVad(), speech())
    assert speech_seconds(LevelledVad(), quiet) > 0.8 * usual


def test_loud_speech_has_the_probabilities_of_the_network() -> None:
    loud = at_level(-1, speech()[7 * RATE : 21 * RATE])
    for start in range(0, len(loud), BLOCK):
        assert audible_gain(loud[start : start + BLOCK]) == 1
    assert speech_seconds(LevelledVad(), loud) == speech_seconds(SileroVad(), loud)


@pytest.mark.parametrize("level", [1.0, 0.1, 0.01, 0.001])
def test_no_sound_without_speech_becomes_speech_when_it_is_amplified(level: float) -> None:
    sounds = [
        nonspeech.faint_noise(20),
        nonspeech.loud_noise(20),
        nonspeech.pink_noise(20),
        nonspeech.pure_tone(20),
        noise.hum(20) * nonspeech.LOUDNESS,
        nonspeech.music(20, seed=1),
    ]
    for sound in sounds:
        samples = np.rint(sound * level * 32767).astype(np.int16)
        assert speech_seconds(LevelledVad(), samples) == 0


def test_rounding_noise_is_not_speech() -> None:
    dither = np.random.default_rng(1).integers(-3, 4, 20 * RATE)
    assert speech_seconds(LevelledVad(), dither.astype(np.int16)) == 0


def detect(*probabilities: float) -> list[SampleInterval]:
    """Returns the intervals in windows."""
    detector = SpeechDetector()
    detector.push(probabilities)
    return [(start // WINDOW, end // WINDOW) for start, end in detector.intervals()]


def test_speech_starts_at_a_high_probability_and_lasts_until_it_stays_low() -> None:
    assert detect(0, 0.4, 0.6, 0.4, 0.4, 0.1, *MIN_SILENCE * [0.1]) == [(2, 5)]

    pause = (MIN_SILENCE - 1) * [0.1]
    silent_end = (MIN_SILENCE + 1) * [0.1]
    assert detect(0, 0.6, 0.6, *pause, 0.6, *silent_end) == [(1, 3 + MIN_SILENCE)]

    two = [(0, 3), (4 + MIN_SILENCE, 6 + MIN_SILENCE)]
    assert detect(*3 * [0.6], 0.1, *MIN_SILENCE * [0.4], 0.6, 0.6) == two


def test_a_click_is_not_speech_and_a_short_word_is() -> None:
    silent_end = (MIN_SILENCE + 1) * [0]
    assert detect(0, *(MIN_SPEECH - 1) * [0.9], *silent_end) == []
    assert detect(0, *MIN_SPEECH * [0.9], *silent_end) == [(1, 1 + MIN_SPEECH)]


@given(st.lists(st.sampled_from([0.0, 0.3, 0.4, 0.6, 1.0]), max_size=200), st.integers(0, 200))
def test_intervals_do_not_depend_on_how_the_stream_is_divided(
    probabilities: list[float], position: int
) -> None:
    whole = SpeechDetector()
    whole.push(probabilities)
    divided = SpeechDetector()
    divided.push(probabilities[:position])
    divided.push(probabilities[position:])
    assert whole.intervals() == divided.intervals()


def test_the_engine_names_its_weights() -> None:
    digest = hashlib.sha256(model_path().read_bytes()).hexdigest()
    assert engine().name == "silero"
    assert engine().digest == f"sha256:{digest}"
    assert "onnxruntime 1." in engine().version
