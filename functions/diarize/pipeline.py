"""pyannote's diarization pipeline: of the embedded parts, or as someone trained and published it."""

import io
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

from functions.diarize import weights
from functions.diarize.stage import Bounds, Voices
from shared.errors import ModelUnavailable
from shared.settings import settings
from shared.speech import SAMPLE_RATE, Turn

os.environ["PYANNOTE_METRICS_ENABLED"] = "0"  # read when pyannote is imported; else it reports home
with warnings.catch_warnings():
    warnings.filterwarnings("ignore", message=r"\s*torchcodec is not installed correctly")  # it decodes; we need not
    from pyannote.audio import Pipeline
    from pyannote.audio.core.plda import PLDA
    from pyannote.audio.pipelines import SpeakerDiarization
    from pyannote.audio.pipelines.clustering import AgglomerativeClustering
    from pyannote.core import Annotation

    from functions.diarize.voice import DVector

WINDOWS_STEP = 0.2
"""Of a window's 5 s. Half the work of pyannote's 0.1, and the same error rate."""
CLEAR = 0.45
"""Share of a window in which someone must speak alone to found a speaker: about two of the d-vector's pieces."""
APART = 0.24
"""Mean cosine distance from which two groups of d-vectors are different people."""
FEWEST_WINDOWS = 12
"""Windows a speaker must be clear in. pyannote takes a tenth of all where that is less."""


@cache
def load() -> "PyannoteDiarizer":
    torch.set_num_threads(settings().threads)
    model = settings().diarize_model
    with quiet():
        pipeline = assembled(weights.embedded()) if model == weights.EMBEDDED else published(weights.folder(model))
    return PyannoteDiarizer(pipeline.to(torch.device(settings().device)))


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
            embeddings=dict(zip(heard.speaker_diarization.labels(), heard.speaker_embeddings.tolist(), strict=True)),
        )


def assembled(parts: weights.Parts) -> SpeakerDiarization:
    pipeline = SpeakerDiarization(
        segmentation=str(parts.segmentation),
        segmentation_step=WINDOWS_STEP,
        segmentation_batch_size=8,
        embedding=DVector(parts.embedding),
        embedding_batch_size=8,
        embedding_exclude_overlap=True,
        plda=NoPLDA(),
        clustering="AgglomerativeClustering",
    )
    pipeline.clustering = ClearVoices(metric="cosine", constrained_assignment=True)
    pipeline.instantiate(
        {
            "segmentation": {"threshold": 0.5, "min_duration_off": 0.0},
            "clustering": {"method": "average", "threshold": APART, "min_cluster_size": FEWEST_WINDOWS},
        }
    )
    return pipeline


class NoPLDA(PLDA):
    """The pipeline asks for a PLDA even when its clustering uses none."""

    def __init__(self) -> None:
        pass


class ClearVoices(AgglomerativeClustering):
    """Clusters only the clearest d-vectors; the others join who is nearest.

    A d-vector of a second of speech says little of the voice, and many such found speakers that are not there.
    """

    def filter_embeddings(
        self, embeddings: NDArray[np.float32], segmentations: Any = None, min_active_ratio: float = CLEAR
    ) -> Any:
        clear = super().filter_embeddings(embeddings, segmentations, min_active_ratio)
        return clear if len(clear[0]) else super().filter_embeddings(embeddings, segmentations, 0)


def published(folder: Path) -> Pipeline:
    try:
        pipeline = Pipeline.from_pretrained(folder, token=settings().hub_token, cache_dir=settings().models)
    except (FileNotFoundError, HfHubHTTPError) as error:
        raise ModelUnavailable(f"{settings().diarize_model}: a part of it is not in {settings().models}") from error
    if pipeline is None:
        raise ModelUnavailable(f"{settings().diarize_model}: pyannote could not load it")
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
    """pyannote prints and warns of a part that is not here, too few speakers and too little speech for a voice."""
    with redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r"\s*The detected number of speakers")
        warnings.filterwarnings("ignore", message="Mean of empty slice|invalid value encountered in divide")
        yield
