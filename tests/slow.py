"""An engine that takes its time, for tests that step in while a job runs."""

import time
from collections.abc import Sequence
from pathlib import Path

from functions.transcribe.stage import TranscribeParams
from shared.speech import HeardSegment, Region
from tests.noop import ENVIRONMENT as NOOP
from tests.noop import Noop

ENVIRONMENT = {**NOOP, "DROPSCRIBE_TRANSCRIBER": "tests.slow:recogniser"}
"""Settings of a cloud on which a recording with the prompt `slowly` takes a while."""
SECONDS = 3.0


class Slow(Noop):
    def transcribe(
        self, audio: Path, speech: Sequence[Region], language: str, params: TranscribeParams
    ) -> tuple[HeardSegment, ...]:
        if params.initial_prompt == "slowly":
            time.sleep(SECONDS)
        return super().transcribe(audio, speech, language, params)


def recogniser(model: str | None) -> Slow:
    return Slow()
