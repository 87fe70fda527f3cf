"""pyannote's diarization pipeline: put together from the embedded model, or a pretrained one."""

import io
import math
import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from huggingface_hub.errors import HfHubHTTPError
from numpy.typing import NDArray

from functions.diarize.clustering import (
    Labels,
    Matrix,
    assign_speakers,
    centroids,
    clean_embeddings,
    cluster_speakers,
)
from functions.diarize.model_files import (
    EMBEDDED,
    EmbeddedFiles,
    embedded_files,
    engine,
    model_folder,
)
from functions.diarize.stage import RawDiarization, SpeakerBounds
from shared.model.artifacts import SAMPLE_RATE, Turn
from shared.model.audio import read_wav
from shared.model.errors import ModelUnavailable
from shared.settings import settings

# pyannote reads this when it is imported; otherwise it sends usage metrics.
os.environ["PYANNOTE_METRICS_ENABLED"] = "0"
with warnings.catch_warnings():
    # torchcodec decodes files, which is not needed: the audio is given as samples.
    warnings.filterwarnings("ignore", message=r"\s*torchcodec is not installed correctly")
    from pyannote.audio import Pipeline
    from pyannote.audio.core.plda import PLDA
    from pyannote.audio.pipelines import SpeakerDiarization
    from pyannote.audio.pipelines.clustering import BaseClustering
    from pyannote.core import Annotation, SlidingWindow, SlidingWindowFeature

    from functions.diarize.d_vector import DVector

WINDOW_STEP = 0.18
"""Step between windows as a share of their 5 s. It takes about half the work of pyannote's 0.1, at
the same error rate."""
SEGMENTATION = {"segmentation": {"threshold": 0.5, "min_duration_off": 0.0}}


@cache
def load() -> "PyannoteDiarizer":
    """Returns the diarizer with the deployment's model. Raises ModelUnavailable."""
    torch.set_num_threads(settings().inference.threads)
    model = settings().inference.diarize_model
    with suppress_pyannote_output():
        if model == EMBEDDED:
            files = embedded_files()
            pipeline = embedded_pipeline(files)
        else:
            folder = model_folder(model)
            pipeline = pretrained_pipeline(folder)

    device = torch.device(settings().inference.device)
    return PyannoteDiarizer(pipeline.to(device))


class PyannoteDiarizer:
    """Diarizes audio files with a pyannote pipeline."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.pipeline = pipeline
        self.engine = engine()

    def __call__(self, audio: Path, bounds: SpeakerBounds) -> RawDiarization:
        waveform = torch.from_numpy(read_wav(audio))[None]
        file = {"waveform": waveform, "sample_rate": SAMPLE_RATE}
        with suppress_pyannote_output():
            result: Any = self.pipeline(
                file, min_speakers=bounds.minimum, max_speakers=bounds.maximum
            )

        speakers = result.speaker_diarization.labels()
        embeddings = result.speaker_embeddings.tolist()
        return RawDiarization(
            exclusive=turns(result.exclusive_speaker_diarization),
            overlapping=turns(result.speaker_diarization),
            embeddings=dict(zip(speakers, embeddings, strict=True)),
        )


def turns(annotation: Annotation) -> list[Turn]:
    return [
        Turn(start=segment.start, end=segment.end, speaker=speaker)
        for segment, _, speaker in annotation.itertracks(yield_label=True)
    ]


def embedded_pipeline(files: EmbeddedFiles) -> SpeakerDiarization:
    """Returns the pipeline of the embedded model's files."""
    pipeline = TrimmedWindowsDiarization(
        segmentation=str(files.segmentation),
        segmentation_step=WINDOW_STEP,
        segmentation_batch_size=8,
        embedding=DVector(files.embedding),
        embedding_batch_size=8,
        embedding_exclude_overlap=True,
        plda=NoPLDA(),
        clustering="AgglomerativeClustering",
    )
    pipeline.clustering = SpeakerClustering(metric="cosine")
    pipeline.instantiate(SEGMENTATION)
    return pipeline


def pretrained_pipeline(folder: Path) -> Pipeline:
    """Returns the pipeline of the folder's config.yaml.

    Raises ModelUnavailable if pyannote cannot load it or a model that it refers to.
    """
    model = settings().inference.diarize_model
    models = settings().inference.models
    try:
        pipeline = Pipeline.from_pretrained(
            folder, token=settings().inference.hub_token, cache_dir=models
        )
    except (FileNotFoundError, HfHubHTTPError) as error:
        raise ModelUnavailable(f"{model}: a part of it is not in {models}") from error

    if pipeline is None:
        raise ModelUnavailable(f"{model}: pyannote could not load it")
    return pipeline


class NoPLDA(PLDA):
    """A placeholder: the pipeline requires a PLDA even if its clustering uses none."""

    def __init__(self) -> None:
        pass


class TrimmedWindowsDiarization(SpeakerDiarization):
    """Segments windows of 5 s and uses the middle 3.2 s of each.

    The context makes the segmentation better; in the shorter part two speakers are less often taken
    for one.
    """

    def get_segmentations(self, file: Any, hook: Any = None) -> SlidingWindowFeature:
        """Returns speaker activity, shape (windows, frames, slots).

        A step is cut from either end of each window. The parts cut from the recording's start and
        end are covered by the first and the last window, cut at one end only.
        """
        segmentations = super().get_segmentations(file, hook)
        scores = segmentations.data
        frames = scores.shape[1]
        margin = round(self.segmentation_step * frames)
        kept = frames - 2 * margin

        first = scores[:1, :kept]
        middle = scores[:, margin:-margin]
        last = scores[-1:, -kept:]
        trimmed = np.concatenate([first, middle, last])

        window = segmentations.sliding_window
        duration = window.duration * kept / frames
        trimmed_window = SlidingWindow(start=0.0, duration=duration, step=window.step)

        seconds = file["waveform"].shape[1] / SAMPLE_RATE
        windows_in_file = math.ceil(seconds / window.step)
        return SlidingWindowFeature(trimmed[:windows_in_file], trimmed_window)

    def reconstruct(
        self,
        segmentations: SlidingWindowFeature,
        hard_clusters: NDArray[np.int_],
        count: SlidingWindowFeature,
    ) -> SlidingWindowFeature:
        """Limits simultaneous speakers to those that were found.

        Otherwise pyannote adds speakers without an embedding where more talk at once.
        """
        speakers = hard_clusters.max() + 1
        count.data = np.minimum(count.data, speakers)
        return super().reconstruct(segmentations, hard_clusters, count)


class SpeakerClustering(BaseClustering):
    """Clusters the clean d-vectors, then assigns each slot of a window to a speaker."""

    expects_num_clusters = False

    def __call__(  # type: ignore[override]
        self,
        embeddings: NDArray[np.float32],
        segmentations: SlidingWindowFeature,
        num_clusters: int | None = None,
        min_clusters: int | None = None,
        max_clusters: float | None = None,
        **_: Any,
    ) -> tuple[Labels, None, Matrix]:
        """Returns the speaker of each slot, shape (windows, slots), and the speakers' centroids."""
        fewest = num_clusters or min_clusters or 1
        most = num_clusters or max_clusters or math.inf
        activity = segmentations.data

        vectors = embeddings.astype(float)
        founding = clean_embeddings(vectors, activity, fewest)
        if not founding.any():
            one_speaker = np.zeros(founding.shape, int)
            no_centroid = np.full((1, vectors.shape[2]), np.nan)
            return one_speaker, None, no_centroid

        labels = cluster_speakers(vectors, founding, fewest, most)
        speaker_centroids = centroids(vectors[founding], labels)
        speakers = assign_speakers(vectors, activity.any(1), speaker_centroids)
        return speakers, None, speaker_centroids


@contextmanager
def suppress_pyannote_output() -> Iterator[None]:
    """Suppress what pyannote prints about models that are not here, and its warnings about too few
    speakers and too little speech."""
    with redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"\s*The detected number of speakers")
        warnings.filterwarnings(
            "ignore", message="Mean of empty slice|invalid value encountered in divide"
        )
        yield
