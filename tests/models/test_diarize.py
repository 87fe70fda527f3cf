"""The embedded diarizer tells the two speakers of a real telephone call apart."""

import math
import wave
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from functions.diarize import weights
from functions.diarize.stage import Bounds, Diarizer, diarization
from shared.errors import ModelUnavailable
from shared.speech import SAMPLE_RATE, Diarization, Turn
from tests.models.sample import SAMPLE, SECONDS

pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
def diarizer() -> Diarizer:
    from functions.diarize.pipeline import load

    return load()


@pytest.fixture(scope="module")
def heard(diarizer: Diarizer) -> Diarization:
    return diarization(diarizer(SAMPLE, Bounds()), SECONDS, diarizer.engine)


def reference(rttm: Path) -> list[Turn]:
    fields = (line.split() for line in rttm.read_text().splitlines())
    return [Turn(start=float(f[3]), end=float(f[3]) + float(f[4]), speaker=f[7]) for f in fields]


def error_rate(expected: list[Turn], turns: tuple[Turn, ...]) -> float:
    """Diarization error rate over all of the sample, overlapped speech included, without a collar."""
    from pyannote.core import Annotation, Segment, Timeline
    from pyannote.metrics.diarization import DiarizationErrorRate

    def annotation(of: list[Turn] | tuple[Turn, ...]) -> Annotation:
        return Annotation.from_records((Segment(turn.start, turn.end), n, turn.speaker) for n, turn in enumerate(of))

    metric = DiarizationErrorRate(collar=0.0, skip_overlap=False)
    return float(metric(annotation(expected), annotation(turns), uem=Timeline([Segment(0, SECONDS)])))


def test_the_two_speakers_are_found_with_few_errors(heard: Diarization) -> None:
    assert len({turn.speaker for turn in heard.turns}) == 2
    assert error_rate(reference(SAMPLE.with_suffix(".rttm")), heard.overlapping) < 0.08


def test_exclusive_turns_follow_each_other(heard: Diarization) -> None:
    assert all(one.end <= other.start for one, other in pairwise(heard.turns))
    assert any(one.end > other.start for one, other in pairwise(heard.overlapping))


def test_each_speaker_has_a_voice_of_length_one(heard: Diarization) -> None:
    assert set(heard.embeddings) == {turn.speaker for turn in heard.turns}
    assert [math.hypot(*voice) for voice in heard.embeddings.values()] == pytest.approx([1, 1])


def test_the_same_audio_gives_the_same_answer(diarizer: Diarizer, heard: Diarization) -> None:
    assert diarization(diarizer(SAMPLE, Bounds()), SECONDS, diarizer.engine) == heard


@pytest.mark.parametrize("count", [1, 2, 3])
def test_as_many_speakers_are_found_as_are_asked_for(diarizer: Diarizer, count: int) -> None:
    voices = diarizer(SAMPLE, Bounds(count, count))
    assert {turn.speaker for turn in voices.overlapping} == set(voices.embeddings)
    assert len(voices.embeddings) == count


def test_nobody_without_a_voice_is_invented(diarizer: Diarizer, tmp_path: Path) -> None:
    both_at_once = cut(tmp_path / "both.wav", 17.5, 18.8)  # too short to tell two voices apart
    voices = diarizer(both_at_once, Bounds())
    assert {turn.speaker for turn in voices.overlapping} == set(voices.embeddings)
    assert all(any(voice) for voice in voices.embeddings.values())


@pytest.mark.parametrize("seconds", [0.3, 0.9, 1, 1.8, 2, 3.2, 4, 5, 5.1, 5.9])
def test_audio_of_any_length_is_heard(diarizer: Diarizer, tmp_path: Path, seconds: float) -> None:
    [turn] = diarizer(cut(tmp_path / "short.wav", 22, 22 + seconds), Bounds()).exclusive
    assert turn.end == pytest.approx(seconds, abs=0.3)


def test_speech_is_heard_at_both_ends_of_the_audio(diarizer: Diarizer, tmp_path: Path) -> None:
    talking = cut(tmp_path / "talking.wav", 22, 27)
    [turn] = diarizer(talking, Bounds()).exclusive
    assert turn.start < 0.1
    assert turn.end > 4.9


def test_a_word_alone_is_one_speaker(diarizer: Diarizer, tmp_path: Path) -> None:
    voices = diarizer(cut(tmp_path / "word.wav", 6.6, 7.2), Bounds(2, 2))
    assert len({turn.speaker for turn in voices.overlapping}) == 1
    assert diarization(voices, 0.6, diarizer.engine).embeddings == {}


@pytest.mark.parametrize("seconds", [0.1, 7])
def test_nobody_speaks_in_silence(diarizer: Diarizer, tmp_path: Path, seconds: float) -> None:
    silence = written(tmp_path / "silence.wav", np.zeros(int(seconds * SAMPLE_RATE), "<i2"))
    voices = diarizer(silence, Bounds())
    assert (list(voices.exclusive), list(voices.overlapping), dict(voices.embeddings)) == ([], [], {})


def test_the_engine_names_what_heard(heard: Diarization) -> None:
    assert (heard.engine.name, heard.engine.model) == ("pyannote.audio", weights.EMBEDDED)
    assert len(heard.engine.digest or "") == 64


def test_pyannote_does_not_report_home(diarizer: Diarizer) -> None:
    from pyannote.audio.telemetry.metrics import is_metrics_enabled

    assert not is_metrics_enabled()


def test_a_published_pipeline_is_loaded_from_its_folder(tmp_path: Path) -> None:
    from functions.diarize.pipeline import published

    segmentation = weights.embedded().segmentation
    configure(tmp_path, f"pyannote.audio.pipelines.VoiceActivityDetection, params: {{segmentation: {segmentation}}}")
    assert type(published(tmp_path)).__name__ == "VoiceActivityDetection"


def test_a_published_pipeline_without_its_parts_is_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from functions.diarize.pipeline import published, quiet

    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ModelUnavailable):
        published(tmp_path)
    configure(tmp_path, "pyannote.audio.pipelines.VoiceActivityDetection, params: {segmentation: nobody/nothing}")
    with pytest.raises(ModelUnavailable), quiet():
        published(tmp_path)


def configure(folder: Path, pipeline: str) -> None:
    (folder / "config.yaml").write_text(f"pipeline: {{name: {pipeline}}}")


def cut(path: Path, start: float, end: float) -> Path:
    """A part of the sample, from one second to another."""
    with wave.open(str(SAMPLE)) as file:
        pcm = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    return written(path, pcm[int(start * SAMPLE_RATE) : int(end * SAMPLE_RATE)])


def written(path: Path, pcm: np.ndarray[tuple[int], np.dtype[np.int16]]) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(pcm.tobytes())
    return path
