"""pyannote's diarization pipeline: of the embedded parts, or as someone trained and published
it."""

import io
import math
import os
import warnings
import wave
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from huggingface_hub.errors import HfHubHTTPError
from numpy.typing import NDArray

from functions.diarize import clustering as clusters
from functions.diarize import model_files as weights
from functions.diarize.stage import Bounds, Voices
from shared.model.artifacts import SAMPLE_RATE, Turn
from shared.model.errors import ModelUnavailable
from shared.settings import settings

os.environ["PYANNOTE_METRICS_ENABLED"] = "0"  # read when pyannote is imported; else it reports home
with warnings.catch_warnings():
    warnings.filterwarnings(
        "ignore", message=r"\s*torchcodec is not installed correctly"
    )  # it decodes; we need not
    from pyannote.audio import Pipeline
    from pyannote.audio.core.plda import PLDA
    from pyannote.audio.pipelines import SpeakerDiarization
    from pyannote.audio.pipelines.clustering import BaseClustering
    from pyannote.core import Annotation, SlidingWindow, SlidingWindowFeature

    from functions.diarize.d_vector import DVector

WINDOWS_STEP = 0.18
"""Of a window's 5 s. About half the work of pyannote's 0.1, and the same error rate."""


@cache
def load() -> "PyannoteDiarizer":
    torch.set_num_threads(settings().inference.threads)
    model = settings().inference.diarize_model
    with quiet():
        pipeline = (
            assembled(weights.embedded())
            if model == weights.EMBEDDED
            else published(weights.folder(model))
        )
    return PyannoteDiarizer(pipeline.to(torch.device(settings().inference.device)))


class PyannoteDiarizer:
    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self.engine = weights.engine()

    def __call__(self, audio: Path, bounds: Bounds) -> Voices:
        file = {"waveform": samples(audio), "sample_rate": SAMPLE_RATE}
        with quiet():
            heard: Any = self.pipeline(file, min_speakers=bounds.fewest, max_speakers=bounds.most)
        return Voices(
            exclusive=turns(heard.exclusive_speaker_diarization),
            overlapping=turns(heard.speaker_diarization),
            embeddings=dict(
                zip(
                    heard.speaker_diarization.labels(),
                    heard.speaker_embeddings.tolist(),
                    strict=True,
                )
            ),
        )


def assembled(parts: weights.Parts) -> SpeakerDiarization:
    pipeline = NarrowWindows(
        segmentation=str(parts.segmentation),
        segmentation_step=WINDOWS_STEP,
        segmentation_batch_size=8,
        embedding=DVector(parts.embedding),
        embedding_batch_size=8,
        embedding_exclude_overlap=True,
        plda=NoPLDA(),
        clustering="AgglomerativeClustering",
    )
    pipeline.clustering = People(metric="cosine")
    pipeline.instantiate({"segmentation": {"threshold": 0.5, "min_duration_off": 0.0}})
    return pipeline


class NoPLDA(PLDA):
    """The pipeline asks for a PLDA even when its clustering uses none."""

    def __init__(self) -> None:
        pass


class NarrowWindows(SpeakerDiarization):
    """Hears windows of 5 s and uses the 3.2 s in the middle: fewer of them hold two people that
    sound like one."""

    def get_segmentations(self, file: Any, hook: Any = None) -> SlidingWindowFeature:
        """(windows, frames, slots): each window without a step at either end; the recording's ends
        as windows, too."""
        scores = super().get_segmentations(file, hook)
        window, frames = scores.sliding_window, scores.data.shape[1]
        margin = round(self.segmentation_step * frames)
        used = frames - 2 * margin
        parts = scores.data[:1, :used], scores.data[:, margin:-margin], scores.data[-1:, -used:]
        narrow = SlidingWindow(
            start=0.0, duration=window.duration * used / frames, step=window.step
        )
        begun = math.ceil(file["waveform"].shape[1] / SAMPLE_RATE / window.step)
        return SlidingWindowFeature(np.concatenate(parts)[:begun], narrow)

    def reconstruct(
        self,
        segmentations: SlidingWindowFeature,
        hard_clusters: NDArray[np.int_],
        count: SlidingWindowFeature,
    ) -> SlidingWindowFeature:
        """pyannote invents people without a voice where more are heard at once than were found."""
        count.data = np.minimum(count.data, hard_clusters.max() + 1)
        return super().reconstruct(segmentations, hard_clusters, count)


class People(BaseClustering):
    """Finds the people in the clear d-vectors, then gives each voice of a window to one of them."""

    expects_num_clusters = False

    def __call__(  # type: ignore[override]
        self,
        embeddings: NDArray[np.float32],
        segmentations: SlidingWindowFeature,
        num_clusters: int | None = None,
        min_clusters: int | None = None,
        max_clusters: float | None = None,
        **_: Any,
    ) -> tuple[clusters.Labels, None, clusters.Matrix]:
        """The person of each voice (windows, slots), and each person's own (people, size)."""
        fewest, most = num_clusters or min_clusters or 1, num_clusters or max_clusters or math.inf
        voices = embeddings.astype(float)
        clear = clusters.clear(voices, segmentations.data, fewest)
        if not clear.any():
            return np.zeros(clear.shape, int), None, np.full((1, voices.shape[2]), np.nan)
        person = clusters.people(voices, clear, fewest, most)
        means = clusters.means(voices[clear], person)
        return clusters.assigned(voices, segmentations.data.any(1), means), None, means


def published(folder: Path) -> Pipeline:
    inference = settings().inference
    try:
        pipeline = Pipeline.from_pretrained(
            folder, token=inference.hub_token, cache_dir=inference.models
        )
    except (FileNotFoundError, HfHubHTTPError) as error:
        raise ModelUnavailable(
            f"{inference.diarize_model}: a part of it is not in {inference.models}"
        ) from error
    if pipeline is None:
        raise ModelUnavailable(f"{inference.diarize_model}: pyannote could not load it")
    return pipeline


def samples(audio: Path) -> torch.Tensor:
    """(1, samples) from -1 to 1."""
    with wave.open(str(audio)) as file:
        pcm = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32)
    pcm /= 2**15
    return torch.from_numpy(pcm)[None]


def turns(annotation: Annotation) -> list[Turn]:
    return [
        Turn(start=segment.start, end=segment.end, speaker=speaker)
        for segment, _, speaker in annotation.itertracks(yield_label=True)
    ]


@contextmanager
def quiet() -> Iterator[None]:
    """pyannote prints and warns of a part that is not here, too few speakers and too little speech
    for a voice."""
    with redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"\s*The detected number of speakers")
        warnings.filterwarnings(
            "ignore", message="Mean of empty slice|invalid value encountered in divide"
        )
        yield
