"""The engines of a mixed load: real models for recordings with the option `model=base`, and else none."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

from functions.diarize.stage import Bounds, Voices
from functions.transcribe.stage import Recogniser, TranscribeParams
from shared.gcs import GcsBlobs
from shared.speech import HeardSegment, Region
from tests.noop import Noop

ENVIRONMENT = {
    "DROPSCRIBE_TRANSCRIBER": "tests.chaos.engines:recogniser",
    "DROPSCRIBE_ALIGNER": "tests.noop:aligner",
    "DROPSCRIBE_DIARIZER": "tests.chaos.engines:diarizer",
    "DROPSCRIBE_BLOB_STORE": "tests.chaos.engines:DisturbedBlobs",
    "DROPSCRIBE_LEASE": "6",
    "DROPSCRIBE_HEARTBEAT": "1.5",
    "DROPSCRIBE_ATTEMPTS": "50",
}
"""Settings of a cloud under attack. Many attempts: here each is somebody's murder, not the recording's fault."""
STORAGE = "DISTURBED_STORAGE"
"""Environment variable: the URL of the disturber in front of the bucket server."""
WORK_SECONDS = 0.3
"""What a stage that does nothing takes, so that it can be struck while it is at it."""


class Busy(Noop):
    def transcribe(
        self, audio: Path, speech: Sequence[Region], language: str, params: TranscribeParams
    ) -> tuple[HeardSegment, ...]:
        time.sleep(WORK_SECONDS)
        return super().transcribe(audio, speech, language, params)

    def __call__(self, audio: Path, bounds: Bounds) -> Voices:
        time.sleep(WORK_SECONDS)
        return super().__call__(audio, bounds)


def recogniser(model: str | None) -> Recogniser:
    if model != "base":
        return Busy()
    from functions.transcribe.whisper import load

    return load(model)


def diarizer() -> Busy:
    return Busy()


class DisturbedBlobs(GcsBlobs):
    """Reaches the bucket server through the disturber."""

    def __init__(self) -> None:
        os.environ["STORAGE_EMULATOR_HOST"] = os.environ[STORAGE]
        super().__init__()
