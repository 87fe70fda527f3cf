"""The recordings of a `dropscribe run`, and how far each is."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from local.recordings import LocalRecording
from shared.model.api import ApiState, JobSummary, Progress

ENDED: tuple[ApiState, ...] = ("done", "failed", "cancelled", "erased")


@dataclass
class Item:
    """A recording, its upload and its job."""

    recording: LocalRecording
    size: int
    sent: int = 0
    """Bytes that were uploaded."""
    job: JobSummary | None = None
    """As it was when it was looked at last. None until it is uploaded."""
    progress: Progress | None = None
    """As it was when it was looked at. None until then."""
    replace: bool = False
    """Whether it may replace a recording of its name."""
    error: str | None = None
    """Why there will be neither an answer nor a problem of its job."""
    was_known: bool = False
    """Whether its job was there before this run, so that it is not uploaded."""
    is_reported: bool = False
    """Whether its end was reported."""
    folder: Path | None = None
    """Where its answer was written."""

    @property
    def name(self) -> str:
        return self.recording.name

    @property
    def state(self) -> ApiState | None:
        """The state of its job. None if it has no job yet."""
        if self.job is None:
            return None
        return self.job.state

    @property
    def has_ended(self) -> bool:
        """Returns whether nothing more will come of it."""
        if self.error is not None:
            return True
        return self.state in ENDED

    @property
    def is_done(self) -> bool:
        """Returns whether it has a transcript."""
        if self.error is not None:
            return False
        return self.state == "done"

    @property
    def was_answered(self) -> bool:
        """Returns whether it had its answer before this run."""
        return self.was_known and self.has_ended

    @property
    def seconds_left(self) -> float | None:
        """The server's estimate of the seconds until its answer, if there is one."""
        if self.progress is None:
            return None
        return self.progress.eta_seconds

    @property
    def is_under_way(self) -> bool:
        """Returns whether it is uploaded and has not ended."""
        if self.job is None:
            return False
        return not self.has_ended

    @property
    def waits_for_upload(self) -> bool:
        if self.job is not None:
            return False
        return self.error is None

    @property
    def reason(self) -> str | None:
        """Returns why there is no transcript. None if there is one, or may still be."""
        if self.error is not None or not self.has_ended or self.is_done:
            return self.error
        assert self.job is not None
        if self.job.problem is None:
            return f"it is {self.job.state}"
        return self.job.problem.summary


def common_start(texts: Sequence[str]) -> str:
    """Returns the longest text that all texts begin with."""
    first, last = min(texts), max(texts)
    length = 0
    while length < len(first) and first[length] == last[length]:
        length += 1
    return first[:length]
