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

from functions.diarize.cam_plus_plus import FRAMES_PER_SECOND, SIZE, CamPlusPlus
from functions.diarize.clustering import (
    Bounds,
    Founders,
    Labels,
    Matrix,
    assign_speakers,
    centroids,
    cluster_speakers,
    founder_mask,
    has_enough_speech,
    normalize,
)
from functions.diarize.model_files import EmbeddedFiles, embedded_files, engine, model_folder
from functions.diarize.stage import RawDiarization, SpeakerBounds
from shared.model.artifacts import SAMPLE_RATE, Turn
from shared.model.audio import read_wav
from shared.model.errors import ModelUnavailable
from shared.settings import EMBEDDED_DIARIZE_MODEL, settings

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

WINDOW_STEP = 0.18
"""Step between windows as a share of their 5 s. It takes about half the work of pyannote's 0.1, at
the same error rate."""
SEGMENTATION = {"segmentation": {"threshold": 0.5, "min_duration_off": 0.0}}
SOLO_EMBEDDING_SECONDS = 0.5
"""Seconds that a speaker must talk alone in a window for an embedding of that speech only. With
less, the embedding is of all that the speaker says in the window."""
MIN_SPEECH_SECONDS = 0.2
"""Seconds of speech below which there is no embedding."""


@cache
def load() -> "PyannoteDiarizer":
    """Returns the diarizer with the deployment's model. Raises ModelUnavailable."""
    torch.set_num_threads(settings().inference.threads)
    # Otherwise a GPU rounds the inputs of convolutions to 10 bits, until pyannote forbids it.
    torch.backends.cudnn.allow_tf32 = False
    model = settings().inference.diarize_model
    with suppress_pyannote_output():
        if model == EMBEDDED_DIARIZE_MODEL:
            files = embedded_files()
            pipeline: Pipeline = EmbeddedDiarization(files)
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
        clustering = getattr(self.pipeline, "clustering", None)
        return RawDiarization(
            exclusive=turns(result.exclusive_speaker_diarization),
            overlapping=turns(result.speaker_diarization),
            embeddings=dict(zip(speakers, embeddings, strict=True)),
            second_count=getattr(clustering, "second_count", None),
        )


def turns(annotation: Annotation) -> list[Turn]:
    return [
        Turn(start=segment.start, end=segment.end, speaker=speaker)
        for segment, _, speaker in annotation.itertracks(yield_label=True)
    ]


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


class EmbeddedDiarization(SpeakerDiarization):
    """Segments windows of 5 s and uses the middle 3.2 s of each.

    The context makes the segmentation better; in the shorter part two speakers are less often taken
    for one. Embeddings are pooled from frames that are computed once for the whole audio.
    """

    def __init__(self, files: EmbeddedFiles) -> None:
        # Oracle clustering is the one for which pyannote loads no embedding model.
        super().__init__(
            segmentation=str(files.segmentation),
            segmentation_step=WINDOW_STEP,
            segmentation_batch_size=8,
            plda=NoPLDA(),
            clustering="OracleClustering",
        )
        self.clustering = SpeakerClustering(metric="cosine")
        self._expects_num_speakers = False
        self._embedding = CamPlusPlus(files.embedding)  # pyannote's `to` moves it with the others
        self.instantiate(SEGMENTATION)

    def get_segmentations(self, file: Any, hook: Any = None) -> SlidingWindowFeature:
        """Returns speaker activity, shape (windows, frames, slots).

        A step is cut from either end of each window. The parts cut from the recording's start and
        end are covered by the first and the last window, cut at one end only.
        """
        segmentations = super().get_segmentations(file, hook)
        scores = segmentations.data
        frames = scores.shape[1]
        margin = round(self.segmentation_step * frames)
        trimmed = trim_windows(scores, margin)
        kept = trimmed.shape[1]

        window = segmentations.sliding_window
        duration = window.duration * kept / frames
        trimmed_window = SlidingWindow(start=0.0, duration=duration, step=window.step)

        seconds = file["waveform"].shape[1] / SAMPLE_RATE
        windows_in_file = math.ceil(seconds / window.step)
        return SlidingWindowFeature(trimmed[:windows_in_file], trimmed_window)

    def get_embeddings(
        self,
        file: Any,
        binary_segmentations: SlidingWindowFeature,
        exclude_overlap: bool = False,
        hook: Any = None,
    ) -> NDArray[np.float32]:
        """Returns an embedding of each slot's speech, shape (windows, slots, SIZE).

        NaN for a slot with less than MIN_SPEECH_SECONDS of speech.
        """
        waveform = file["waveform"][0].to(self.device)
        frames = self._embedding.frames(waveform)

        window = binary_segmentations.sliding_window
        frames_in_window = round(window.duration * FRAMES_PER_SECOND)
        masks = speech_masks(binary_segmentations)
        embeddings = []
        for index, slot_masks in enumerate(masks):
            first = round(index * window.step * FRAMES_PER_SECOND)
            window_frames = frames[:, first : first + frames_in_window]
            _, frames_left = window_frames.shape  # fewer in the last window
            resampled = resample(slot_masks, frames_in_window)
            weights = resampled[:, :frames_left]

            pooled = self._embedding.pool(window_frames, weights.to(self.device))
            has_speech = weights.sum(1) >= MIN_SPEECH_SECONDS * FRAMES_PER_SECOND
            known = pooled.cpu().where(has_speech[:, None], torch.nan)
            embedding = known.numpy()
            embeddings.append(embedding)
        return np.stack(embeddings)

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


def trim_windows(scores: NDArray[np.float32], margin: int) -> NDArray[np.float32]:
    """Returns the scores without `margin` frames at either end of each window.

    The first and the last window come twice: once cut at both ends, once at one end only.
    """
    kept = scores.shape[1] - 2 * margin
    first = scores[:1, :kept]
    middle = scores[:, margin:-margin]
    last = scores[-1:, -kept:]
    return np.concatenate([first, middle, last])


def speech_masks(binary_segmentations: SlidingWindowFeature) -> NDArray[np.float32]:
    """Returns where each slot's speaker is heard for the embedding, shape (windows, slots, frames).

    That is where the speaker talks alone, or all speech where that would be too little.
    """
    activity = np.nan_to_num(binary_segmentations.data)
    solo = solo_activity(activity)
    frame = binary_segmentations.sliding_window.duration / activity.shape[1]

    solo_seconds = solo.sum(1, keepdims=True) * frame
    speech = np.where(solo_seconds > SOLO_EMBEDDING_SECONDS, solo, activity)
    return np.asarray(speech.transpose(0, 2, 1), np.float32)


def solo_activity(activity: NDArray[np.float32]) -> NDArray[np.float32]:
    """Returns the activity, shape (windows, frames, slots), where one speaker talks alone."""
    is_solo = activity.sum(2, keepdims=True) == 1
    return np.asarray(activity * is_solo)


def resample(masks: NDArray[np.float32], frames: int) -> torch.Tensor:
    """Returns the masks, shape (slots, frames), with another number of frames."""
    batch = torch.from_numpy(masks)[None]
    resampled: torch.Tensor = torch.nn.functional.interpolate(
        batch, size=frames, mode="nearest-exact"
    )
    return resampled[0]


class SpeakerClustering(BaseClustering):
    """Clusters the founding embeddings, then assigns each slot of a window to a speaker."""

    expects_num_clusters = False

    second_count: int | None = None
    """Of the audio that was clustered last: the number of speakers that is nearly as likely."""

    def __call__(  # type: ignore[override]
        self,
        embeddings: NDArray[np.float32],
        segmentations: SlidingWindowFeature,
        num_clusters: int | None = None,
        min_clusters: int | None = None,
        max_clusters: float | None = None,
        **_: Any,
    ) -> tuple[Labels, None, Matrix]:
        """Returns the speaker of each slot, shape (windows, slots), and the speakers' centroids.

        The centroid of a speaker with too little speech is NaN: it would not be recognised.
        """
        minimum = num_clusters or min_clusters or 1
        maximum = num_clusters or max_clusters or math.inf
        activity = np.nan_to_num(segmentations.data)
        window = segmentations.sliding_window
        solo_seconds = solo_activity(activity).mean(1) * window.duration

        self.second_count = None
        vectors = normalize(embeddings.astype(float))
        is_founder = founder_mask(vectors, solo_seconds, minimum)
        if not is_founder.any():
            one_speaker = np.zeros(is_founder.shape, int)
            no_centroid = np.full((1, SIZE), np.nan)
            return one_speaker, None, no_centroid

        windows, _slots = np.nonzero(is_founder)
        own_seconds = solo_seconds[is_founder] * window.step / window.duration
        founders = Founders(vectors[is_founder], windows, own_seconds)
        clustering = cluster_speakers(vectors, founders, Bounds(minimum, maximum))

        self.second_count = clustering.second_count
        speaker_centroids = centroids(founders.vectors, clustering.labels)
        speakers = assign_speakers(vectors, activity.any(1), speaker_centroids)
        has_enough = has_enough_speech(clustering.labels, own_seconds)
        is_reliable = has_enough[:, None]
        reliable_centroids = np.where(is_reliable, speaker_centroids, np.nan)
        return speakers, None, reliable_centroids


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
