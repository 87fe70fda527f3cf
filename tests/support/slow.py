"""An engine that takes its time, for tests that step in while a job runs."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

from functions.transcribe.stage import TranscribeParams
from shared.model.artifacts import Interval, RecognizedSegment
from tests.support.noop import ENVIRONMENT as NOOP
from tests.support.noop import Noop

ENVIRONMENT = {**NOOP, "DROPSCRIBE_TRANSCRIBER": "tests.support.slow:recogniser"}
"""Settings of a cloud on which a recording with one of the prompts of `PAUSES` takes a while."""
SECONDS = 6.0
"""Longer than the command line takes to start while other tests use all cores."""
PAUSES = {
    "slowly": SECONDS,
    "Okafor, Heidelberg": SECONDS,
    "for a minute": 60.0,
    "for an hour": 3600.0,
}
"""Seconds by prompt. The name is that of an example in docs/api.md, which cancels the job next. A
test that ends the pause has the minute, however long its commands take."""
HURRY = "no-pauses"
"""A file in the folder of a cloud. While it exists, all pauses are over."""


def pause(seconds: float) -> None:
    """Returns after so many seconds, or when the cloud of this process has no pauses."""
    hurry = Path(os.environ.get("DROPSCRIBE_HOME", "")) / HURRY
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not hurry.exists():
        time.sleep(0.1)


class Slow(Noop):
    def transcribe(
        self, audio: Path, speech: Sequence[Interval], language: str, params: TranscribeParams
    ) -> tuple[RecognizedSegment, ...]:
        pause(PAUSES.get(params.initial_prompt or "", 0.0))
        return super().transcribe(audio, speech, language, params)


def recogniser(model: str | None) -> Slow:
    return Slow()
