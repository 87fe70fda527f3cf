"""Streaming voice activity detection equals running Silero on the whole recording."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from functions.prepare.cuts import padded
from functions.prepare.speech import PAUSE, SHORTEST, WINDOW, Talk, Voice, engine
from tests.unit.prepare.media_files import RATE, Samples, nothing, speech


def streamed(samples: Samples, block: int) -> list[float]:
    voice = Voice()
    return [
        float(probability)
        for start in range(0, len(samples), block)
        for probability in voice.probabilities(samples[start : start + block])
    ]


@pytest.mark.parametrize("windows", [1, 7, 64])
@pytest.mark.parametrize("length", [30 * RATE, 20 * RATE + 100])
def test_a_stream_gives_the_probabilities_of_one_go(windows: int, length: int) -> None:
    from faster_whisper.vad import get_vad_model

    samples = speech()[:length]
    sound = np.pad(samples.astype(np.float32) / 32768, (0, -length % WINDOW))
    whole = get_vad_model()(sound)
    made = streamed(samples, windows * WINDOW)
    assert len(made) == len(whole)
    np.testing.assert_allclose(made[:-1], whole[:-1], atol=1e-4)  # faster-whisper blanks the last window's end


def test_stretches_are_those_of_faster_whisper() -> None:
    from faster_whisper.vad import VadOptions, get_speech_timestamps

    options = VadOptions(
        threshold=0.5, neg_threshold=0.35, min_silence_duration_ms=160, speech_pad_ms=200, min_speech_duration_ms=63
    )
    expected = get_speech_timestamps(speech().astype(np.float32) / 32768, options)
    talk = Talk()
    talk.push(streamed(speech(), 64 * WINDOW))
    found = padded(talk.stretches(), len(speech()))
    assert found == [(stretch["start"], stretch["end"]) for stretch in expected]
    assert len(found) > 2


def test_digital_silence_is_no_speech() -> None:
    assert max(streamed(nothing(20), 64 * WINDOW)) < 0.1


def stretches(*probabilities: float) -> list[tuple[int, int]]:
    talk = Talk()
    talk.push(probabilities)
    return [(start // WINDOW, end // WINDOW) for start, end in talk.stretches()]


def test_speech_begins_high_and_goes_on_until_it_stays_low() -> None:
    assert stretches(0, 0.4, 0.6, 0.4, 0.4, 0.1, *PAUSE * [0.1]) == [(2, 5)]
    assert stretches(0, 0.6, 0.6, *(PAUSE - 1) * [0.1], 0.6, *(PAUSE + 1) * [0.1]) == [(1, 3 + PAUSE)]
    assert stretches(*3 * [0.6], 0.1, *PAUSE * [0.4], 0.6, 0.6) == [(0, 3), (4 + PAUSE, 6 + PAUSE)]


def test_a_click_is_no_speech_and_a_short_word_is() -> None:
    assert stretches(0, *(SHORTEST - 1) * [0.9], *(PAUSE + 1) * [0]) == []
    assert stretches(0, *SHORTEST * [0.9], *(PAUSE + 1) * [0]) == [(1, 1 + SHORTEST)]


@given(st.lists(st.sampled_from([0.0, 0.3, 0.4, 0.6, 1.0]), max_size=200), st.integers(0, 200))
def test_it_does_not_matter_how_probabilities_are_split_up(probabilities: list[float], at: int) -> None:
    whole, parts = Talk(), Talk()
    whole.push(probabilities)
    parts.push(probabilities[:at])
    parts.push(probabilities[at:])
    assert whole.stretches() == parts.stretches()


def test_the_engine_names_its_weights() -> None:
    assert engine().name == "silero"
    assert engine().digest is not None and len(engine().digest or "") == 64
    assert "onnxruntime 1." in engine().version
