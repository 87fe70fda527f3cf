"""A quiet voice on one channel is heard in the mix although another channel is loud."""

import numpy as np
import pytest

from benchmarks import nonspeech
from benchmarks.evaluation import noise
from functions.prepare.vad import WINDOW, SileroVad, SpeechDetector
from shared.model.artifacts import StageWarning
from tests.support.audio_files import Samples
from tests.support.decoding import decode
from tests.support.recordings import RATE, silence, speech, wav

TALK = speech()[6 * RATE : 21 * RATE]
SECONDS = len(TALK) / RATE
SOUNDS = {
    "white noise": nonspeech.loud_noise(SECONDS),
    "pink noise": nonspeech.pink_noise(SECONDS),
    "hum": noise.hum(SECONDS) * nonspeech.LOUDNESS,
    "tone": nonspeech.pure_tone(SECONDS),
}


def integers(sound: np.ndarray, level: float = 1.0) -> Samples:
    samples: Samples = np.rint(sound * level * 32767).astype(np.int16)
    return samples


def decode_mix(*channels: Samples) -> tuple[Samples, tuple[StageWarning, ...]]:
    interleaved = np.stack(channels, axis=1).reshape(-1)
    samples, _, warnings = decode(wav(interleaved, channels=len(channels)))
    return samples, warnings


def speech_seconds(samples: Samples) -> float:
    detector = SpeechDetector()
    whole = len(samples) // WINDOW * WINDOW
    detector.push(SileroVad().probabilities(samples[:whole]))
    return sum(end - start for start, end in detector.intervals()) / RATE


@pytest.mark.parametrize("sound", SOUNDS)
@pytest.mark.parametrize("is_first", [True, False])
def test_a_voice_beside_a_loud_channel_is_heard(sound: str, is_first: bool) -> None:
    quiet, loud = TALK // 4, integers(SOUNDS[sound], level=3)
    channels = (quiet, loud) if is_first else (loud, quiet)
    usual = speech_seconds(quiet)
    samples, (warning,) = decode_mix(*channels)
    assert speech_seconds(samples) > 0.9 * usual
    assert (warning.code, warning.stage) == ("channel_masked", "prepare")
    plain_mean = np.mean(channels, axis=0).astype(np.int16)
    assert speech_seconds(plain_mean) < 0.8 * usual, "the voice is drowned in the mean"


def test_the_loud_channel_is_left_out_only_where_it_drowns_a_voice() -> None:
    loud = integers(SOUNDS["white noise"], level=3)
    pause = silence(SECONDS)
    samples, _ = decode_mix(np.concatenate([pause, TALK // 4]), np.concatenate([loud, loud]))
    expected = loud / 2
    np.testing.assert_allclose(samples[: 14 * RATE], expected[: 14 * RATE], atol=1)


def test_two_people_of_different_loudness_are_both_in_the_mix() -> None:
    first, second = TALK, np.roll(TALK, 7 * RATE) // 3
    samples, _ = decode_mix(first, second)
    both = np.mean([first, second], axis=0)
    assert np.corrcoef(samples, both)[0, 1] > 0.95
    assert speech_seconds(samples) >= 0.9 * speech_seconds(both.astype(np.int16))


@pytest.mark.parametrize("sound", SOUNDS)
def test_loud_and_quiet_sounds_without_speech_have_no_warning(sound: str) -> None:
    loud = integers(SOUNDS[sound], level=3)
    faint = integers(nonspeech.faint_noise(SECONDS))
    samples, warnings = decode_mix(loud, faint)
    assert not warnings
    assert speech_seconds(samples) == 0


def test_the_same_voice_on_a_far_microphone_is_not_masked() -> None:
    far = np.roll(TALK, 80) // 10
    _, warnings = decode_mix(TALK, far)
    assert not warnings
