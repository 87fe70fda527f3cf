"""The embedded model diarizes pyannote.audio's own sample: 30 s by phone, two speakers."""

import math
import wave
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from functions.diarize.model_files import embedded_files
from functions.diarize.stage import Diarizer, SpeakerBounds, to_diarization
from shared.model.artifacts import SAMPLE_RATE, Diarization, Turn
from shared.model.errors import ModelUnavailable
from shared.runtime.model_files import files_digest
from shared.settings import EMBEDDED_DIARIZE_MODEL
from tests.models.sample import SAMPLE, SECONDS

pytestmark = pytest.mark.models


@pytest.fixture(scope="module")
def diarizer() -> Diarizer:
    from functions.diarize.pipeline import load

    return load()


@pytest.fixture(scope="module")
def sample(diarizer: Diarizer) -> Diarization:
    return to_diarization(diarizer(SAMPLE, SpeakerBounds()), SECONDS, diarizer.engine)


def reference(rttm: Path) -> list[Turn]:
    fields = (line.split() for line in rttm.read_text().splitlines())
    return [Turn(start=float(f[3]), end=float(f[3]) + float(f[4]), speaker=f[7]) for f in fields]


def error_rate(expected: list[Turn], turns: tuple[Turn, ...]) -> float:
    """Returns the diarization error rate on the whole sample, overlaps included, without collar."""
    from pyannote.core import Annotation, Segment, Timeline
    from pyannote.metrics.diarization import DiarizationErrorRate

    def annotation(of: list[Turn] | tuple[Turn, ...]) -> Annotation:
        return Annotation.from_records(
            (Segment(turn.start, turn.end), n, turn.speaker) for n, turn in enumerate(of)
        )

    metric = DiarizationErrorRate(collar=0.0, skip_overlap=False)
    return float(
        metric(annotation(expected), annotation(turns), uem=Timeline([Segment(0, SECONDS)]))
    )


def test_the_two_speakers_are_found_with_few_errors(sample: Diarization) -> None:
    assert len({turn.speaker for turn in sample.turns}) == 2
    assert error_rate(reference(SAMPLE.with_suffix(".rttm")), sample.overlapping) < 0.08


def test_exclusive_turns_do_not_overlap(sample: Diarization) -> None:
    assert all(one.end <= other.start for one, other in pairwise(sample.turns))
    assert any(one.end > other.start for one, other in pairwise(sample.overlapping))


def test_each_speaker_has_an_embedding_of_length_one(sample: Diarization) -> None:
    assert set(sample.embeddings) == {turn.speaker for turn in sample.turns}
    assert [math.hypot(*voice) for voice in sample.embeddings.values()] == pytest.approx([1, 1])


def test_the_same_audio_gives_the_same_result(diarizer: Diarizer, sample: Diarization) -> None:
    assert to_diarization(diarizer(SAMPLE, SpeakerBounds()), SECONDS, diarizer.engine) == sample


@pytest.mark.parametrize("count", [1, 2, 3])
def test_exactly_as_many_speakers_are_found_as_requested(diarizer: Diarizer, count: int) -> None:
    raw = diarizer(SAMPLE, SpeakerBounds(count, count))
    assert {turn.speaker for turn in raw.overlapping} == set(raw.embeddings)
    assert len(raw.embeddings) == count


def test_no_speaker_without_an_embedding_is_added(diarizer: Diarizer, tmp_path: Path) -> None:
    both_at_once = cut(tmp_path / "both.wav", 17.5, 18.8)  # too short to tell two voices apart
    raw = diarizer(both_at_once, SpeakerBounds())
    assert {turn.speaker for turn in raw.overlapping} == set(raw.embeddings)
    assert all(any(voice) for voice in raw.embeddings.values())


@pytest.mark.parametrize("seconds", [0.3, 0.9, 1, 1.8, 2, 3.2, 4, 5, 5.1, 5.9])
def test_audio_of_any_length_is_diarized(
    diarizer: Diarizer, tmp_path: Path, seconds: float
) -> None:
    [turn] = diarizer(cut(tmp_path / "short.wav", 22, 22 + seconds), SpeakerBounds()).exclusive
    assert turn.end == pytest.approx(seconds, abs=0.3)


def test_speech_is_found_at_both_ends_of_the_audio(diarizer: Diarizer, tmp_path: Path) -> None:
    talking = cut(tmp_path / "talking.wav", 22, 27)
    [turn] = diarizer(talking, SpeakerBounds()).exclusive
    assert turn.start < 0.1
    assert turn.end > 4.9


def test_a_word_alone_is_one_speaker(diarizer: Diarizer, tmp_path: Path) -> None:
    raw = diarizer(cut(tmp_path / "word.wav", 6.6, 7.2), SpeakerBounds(2, 2))
    assert len({turn.speaker for turn in raw.overlapping}) == 1
    assert to_diarization(raw, 0.6, diarizer.engine).embeddings == {}


@pytest.mark.parametrize("seconds", [0.1, 7])
def test_silence_has_no_speakers(diarizer: Diarizer, tmp_path: Path, seconds: float) -> None:
    silence = write_wav(tmp_path / "silence.wav", np.zeros(int(seconds * SAMPLE_RATE), "<i2"))
    raw = diarizer(silence, SpeakerBounds())
    assert (list(raw.exclusive), list(raw.overlapping), dict(raw.embeddings)) == (
        [],
        [],
        {},
    )


def test_the_engine_has_the_model_and_its_digest(sample: Diarization) -> None:
    assert (sample.engine.name, sample.engine.model) == ("pyannote.audio", EMBEDDED_DIARIZE_MODEL)
    assert sample.engine.digest == files_digest(embedded_files())


def test_pyannote_sends_no_metrics(diarizer: Diarizer) -> None:
    from pyannote.audio.telemetry.metrics import is_metrics_enabled

    assert not is_metrics_enabled()


def test_a_pretrained_pipeline_is_loaded_from_its_folder(tmp_path: Path) -> None:
    from functions.diarize.pipeline import pretrained_pipeline

    segmentation = embedded_files().segmentation
    params = f"{{segmentation: {segmentation}}}"
    configure(tmp_path, f"pyannote.audio.pipelines.VoiceActivityDetection, params: {params}")
    assert type(pretrained_pipeline(tmp_path)).__name__ == "VoiceActivityDetection"


def test_a_pretrained_pipeline_without_its_models_is_unavailable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from functions.diarize.pipeline import pretrained_pipeline, suppress_pyannote_output

    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ModelUnavailable):
        pretrained_pipeline(tmp_path)
    configure(
        tmp_path,
        "pyannote.audio.pipelines.VoiceActivityDetection, params: {segmentation: no/model}",
    )
    with pytest.raises(ModelUnavailable), suppress_pyannote_output():
        pretrained_pipeline(tmp_path)


def configure(folder: Path, pipeline: str) -> None:
    (folder / "config.yaml").write_text(f"pipeline: {{name: {pipeline}}}")


def cut(path: Path, start: float, end: float) -> Path:
    """Writes the sample between these seconds."""
    with wave.open(str(SAMPLE)) as file:
        pcm = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    return write_wav(path, pcm[int(start * SAMPLE_RATE) : int(end * SAMPLE_RATE)])


def write_wav(path: Path, pcm: np.ndarray[tuple[int], np.dtype[np.int16]]) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(pcm.tobytes())
    return path
