"""Each model runs on the device of the settings, and gives the numbers that it gives on the CPU."""

from collections.abc import Iterator

import pytest
import torch

from functions.align import aligner, hama
from functions.diarize.cam_plus_plus import CamPlusPlus
from functions.diarize.model_files import cam_plus_plus_file, embedded_files
from functions.transcribe import whisper
from shared.model.artifacts import SAMPLE_RATE
from shared.model.audio import read_wav
from shared.settings import settings
from tests.models.sample import SAMPLE
from tests.support.second_device import second_device

pytestmark = pytest.mark.models


@pytest.fixture
def device() -> Iterator[str]:
    hama.network.cache_clear()
    with second_device() as name:
        yield name
    hama.network.cache_clear()


@pytest.fixture
def new_settings() -> Iterator[None]:
    """Has the settings read again, before the test's first use of them and after the test."""
    settings.cache_clear()
    yield
    settings.cache_clear()
    whisper.load_model.cache_clear()


def test_hama_gives_the_same_numbers_on_another_device(device: str) -> None:
    samples = read_wav(SAMPLE)[7 * SAMPLE_RATE : 9 * SAMPLE_RATE]
    on_cpu = hama.PhonemeModel("en", "cpu").log_probabilities(samples)

    model = hama.PhonemeModel("en", device)
    found = model.log_probabilities(samples)
    assert next(model.network.parameters()).device.type == model.engine.device == "lazy"
    assert found.device.type == "cpu", "torchaudio's forced alignment gets it"
    assert torch.allclose(found, on_cpu, atol=1e-3)


def test_the_aligners_device_is_that_of_the_settings(
    device: str, monkeypatch: pytest.MonkeyPatch, new_settings: None
) -> None:
    monkeypatch.setenv("DROPSCRIBE_DEVICE", device)
    model = aligner.LanguageAligner(None).for_language("en")
    assert model is not None
    assert model.engine.device == "lazy"


def test_convolutions_are_not_rounded_on_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", True)
    aligner.load.cache_clear()
    aligner.load()
    assert not torch.backends.cudnn.allow_tf32


def test_embeddings_have_the_same_numbers_on_another_device(device: str) -> None:
    cam = CamPlusPlus(cam_plus_plus_file())
    samples = torch.from_numpy(read_wav(SAMPLE)[22 * SAMPLE_RATE : 24 * SAMPLE_RATE])
    frames_on_cpu = cam.frames(samples)
    weights = torch.ones(2, frames_on_cpu.shape[1])
    on_cpu = cam.pool(frames_on_cpu, weights)

    cam.to(device)
    frames = cam.frames(samples.to(device))
    found = cam.pool(frames, weights.to(device))
    assert frames.device.type == found.device.type == "lazy"
    assert torch.allclose(found.cpu(), on_cpu, atol=1e-3)


def test_the_diarizer_moves_the_models_of_segmentation_and_of_embeddings(device: str) -> None:
    from functions.diarize.pipeline import EmbeddedDiarization

    pipeline = EmbeddedDiarization(embedded_files())
    moved = pipeline.to(torch.device(device))
    segmentation = next(moved._segmentation.model.parameters())
    embedding = next(moved._embedding.parameters())
    assert segmentation.device.type == embedding.device.type == "lazy"


def test_whisper_computes_in_the_type_of_the_settings(
    monkeypatch: pytest.MonkeyPatch, new_settings: None
) -> None:
    monkeypatch.setenv("DROPSCRIBE_COMPUTE_TYPE", "float32")
    model = whisper.load_model("base").model.model
    assert (model.device, model.compute_type) == ("cpu", "float32")


@pytest.mark.skipif(torch.cuda.is_available(), reason="with a GPU it would load")
def test_whisper_is_loaded_on_the_device_of_the_settings(
    monkeypatch: pytest.MonkeyPatch, new_settings: None
) -> None:
    monkeypatch.setenv("DROPSCRIBE_DEVICE", "cuda")
    with pytest.raises(RuntimeError, match="CUDA"):
        whisper.load_model("base")
