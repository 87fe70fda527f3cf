"""CAM++ tells voices apart, and computes in chunks what it would compute at once."""

import pytest
import torch
from torch import Tensor
from torchaudio.compliance import kaldi

from functions.diarize.cam_plus_plus import (
    CHANNELS,
    CHUNK_FRAMES,
    CONTEXT_FRAMES,
    FRAMES_PER_SECOND,
    MELS,
    SIZE,
    CamPlusPlus,
    fbank_chunks,
    weighted_statistics,
)
from functions.diarize.model_files import cam_plus_plus_file
from shared.model.artifacts import SAMPLE_RATE
from shared.model.audio import read_wav
from tests.models.sample import SAMPLE

pytestmark = pytest.mark.models

ONE_VOICE = ((10.6, 14.4), (18.6, 21.4))
OTHER_VOICE = ((14.8, 17.9), (21.8, 27.8))
"""Seconds of the sample in which one speaker talks alone."""
PUBLISHED = [0.0974, -1.1635, -0.0521, -0.0201, 0.0652, -0.3475, -0.2147, 0.7684]
"""First numbers of what 3D-Speaker's own implementation returns for seconds 22 to 27."""
PUBLISHED_NORM = 7.7149


@pytest.fixture(scope="module")
def cam() -> CamPlusPlus:
    torch.set_num_threads(1)
    return CamPlusPlus(cam_plus_plus_file())


@pytest.fixture(scope="module")
def samples() -> Tensor:
    return torch.from_numpy(read_wav(SAMPLE))


@pytest.fixture(scope="module")
def frames(cam: CamPlusPlus, samples: Tensor) -> Tensor:
    return cam.frames(samples)


def fbank(samples: Tensor) -> Tensor:
    """Returns shape (MELS, frames)."""
    frames: Tensor = kaldi.fbank(
        samples[None], sample_frequency=SAMPLE_RATE, num_mel_bins=MELS, dither=0.0
    )
    return frames.T


def embed_at_once(cam: CamPlusPlus, samples: Tensor) -> Tensor:
    """Returns the embedding of all samples, without chunks."""
    with torch.inference_mode():
        frames = cam.frames_of(fbank(samples))
    return cam.pool(frames, torch.ones(1, frames.shape[1]))[0]


def embed_between(cam: CamPlusPlus, frames: Tensor, start: float, end: float) -> Tensor:
    """Returns the embedding of the frames between two times in seconds."""
    part = frames[:, int(start * FRAMES_PER_SECOND) : int(end * FRAMES_PER_SECOND)]
    return cam.pool(part, torch.ones(1, part.shape[1]))[0]


def similarity(one: Tensor, other: Tensor) -> float:
    return float(torch.cosine_similarity(one, other, dim=0))


@pytest.mark.decisive
def test_embeddings_are_those_of_the_published_implementation(
    cam: CamPlusPlus, samples: Tensor
) -> None:
    embedding = embed_at_once(cam, samples[22 * SAMPLE_RATE : 27 * SAMPLE_RATE])
    assert embedding.shape == (SIZE,)
    assert embedding[: len(PUBLISHED)].tolist() == pytest.approx(PUBLISHED, abs=0.001)
    assert float(embedding.norm()) == pytest.approx(PUBLISHED_NORM, abs=0.001)


def test_an_embedding_from_chunks_is_close_to_one_computed_at_once(
    cam: CamPlusPlus, samples: Tensor, frames: Tensor
) -> None:
    assert samples.shape[0] / SAMPLE_RATE * 100 > 2 * CHUNK_FRAMES
    at_once = embed_at_once(cam, samples[int(6.6 * SAMPLE_RATE) :])
    assert similarity(embed_between(cam, frames, 6.6, 30), at_once) > 0.98


def test_one_voice_is_nearer_to_itself_than_to_another(cam: CamPlusPlus, frames: Tensor) -> None:
    one, one_later = (embed_between(cam, frames, *times) for times in ONE_VOICE)
    other, other_later = (embed_between(cam, frames, *times) for times in OTHER_VOICE)
    same = min(similarity(one, one_later), similarity(other, other_later))
    different = max(similarity(a, b) for a in (one, one_later) for b in (other, other_later))
    assert same > different + 0.1


def test_voices_are_distinguished_by_the_weights_alone(cam: CamPlusPlus, frames: Tensor) -> None:
    (start, _), (_, end) = ONE_VOICE[0], OTHER_VOICE[0]
    window = frames[:, int(start * FRAMES_PER_SECOND) : int(end * FRAMES_PER_SECOND)]
    weights = torch.zeros(2, window.shape[1])
    change = int((ONE_VOICE[0][1] - start) * FRAMES_PER_SECOND)
    weights[0, :change] = 1
    weights[1, change:] = 1

    one, other = cam.pool(window, weights)
    assert similarity(one, embed_between(cam, frames, *ONE_VOICE[0])) > 0.999
    assert similarity(other, embed_between(cam, frames, *OTHER_VOICE[0])) > 0.95
    assert similarity(one, other) < 0.7


def test_the_same_audio_gives_the_same_frames(
    cam: CamPlusPlus, samples: Tensor, frames: Tensor
) -> None:
    assert torch.equal(cam.frames(samples), frames)


@pytest.mark.parametrize("seconds", [0, 0.02, 0.025, 0.035, 0.5, 10.015, 10.025, 20.5])
def test_audio_of_any_length_has_a_frame_every_20_ms(
    cam: CamPlusPlus, samples: Tensor, seconds: float
) -> None:
    part = samples[: int(seconds * SAMPLE_RATE)]
    fbank_frames = fbank(part).shape[1] if len(part) >= 400 else 0
    frames = cam.frames(part)
    assert frames.shape == (CHANNELS, (fbank_frames + 1) // 2)
    assert frames.dtype == torch.float16
    assert frames.isfinite().all()


def test_chunks_with_their_context_cover_the_recording_without_a_gap(samples: Tensor) -> None:
    whole = fbank(samples)
    own = []
    for chunk, first, after_last in fbank_chunks(samples):
        assert chunk.shape[1] <= CHUNK_FRAMES + 2 * CONTEXT_FRAMES
        own.append(chunk[:, 2 * first : 2 * after_last])
    assert len(own) == 3
    assert torch.equal(torch.cat(own[:2], dim=1), whole[:, : 2 * CHUNK_FRAMES])
    assert torch.equal(torch.cat(own, dim=1), whole)


def test_statistics_are_those_of_the_frames_that_count() -> None:
    frames = torch.rand(3, 50, generator=torch.Generator().manual_seed(1))
    weights = torch.zeros(2, 50)
    weights[0] = 1
    weights[1, 10:30] = 1
    part = frames[:, 10:30]
    expected = [[frames.mean(1), frames.std(1)], [part.mean(1), part.std(1)]]
    rows = torch.stack([torch.cat(row) for row in expected])
    torch.testing.assert_close(weighted_statistics(frames, weights), rows)


@pytest.mark.parametrize("weight", [0.0, 0.5, 1.0])
def test_less_than_two_frames_have_no_statistics(weight: float) -> None:
    frames = torch.rand(3, 50, generator=torch.Generator().manual_seed(1))
    weights = torch.zeros(1, 50)
    weights[0, 7] = weight
    assert weighted_statistics(frames, weights).isnan().all()


def test_less_than_two_frames_have_no_embedding(cam: CamPlusPlus, frames: Tensor) -> None:
    weights = torch.zeros(3, frames.shape[1])
    weights[1, 700] = 1
    weights[2, 700:702] = 1
    embeddings = cam.pool(frames, weights)
    assert embeddings.isnan().all(1).tolist() == [True, True, False]
    assert embeddings[2].isfinite().all()
