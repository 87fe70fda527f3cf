"""Reads a job again and again, each time only what changed since the time before."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from functions.gateway.job_view import is_over, job_view
from shared.jobs.job import NEVER, Job
from shared.jobs.stage_record import StageRecord
from shared.jobs.store import JobStore
from shared.model.api import JobView

LATE = timedelta(seconds=10)
"""How long after its time a record may become readable: the clocks of workers differ, and a write
may take long."""
CUTS = "prepare"
RECOGNISES = "transcribe"
ALIGNS = "align"
"""Stages whose results are looked up: the first cuts the recording into parts, the second finds the
words of one part, and the third their exact times."""


@dataclass(frozen=True)
class SeenJob:
    """A job as it was when it was read."""

    job: Job
    view: JobView
    cut: StageRecord | None
    """The record of the current run's manifest; None before it is done."""
    words: dict[int, StageRecord]
    """The records of the words that are ready, by part: of align, or of transcribe where the
    alignment failed for good."""

    @property
    def is_over(self) -> bool:
        """Returns whether the job changes no more by itself."""
        return is_over(self.job)

    @property
    def is_erased(self) -> bool:
        return self.job.state == "erased"

    def differs_from(self, former: "SeenJob") -> bool:
        """Returns whether anything but the passing of time changed."""
        if self.words.keys() != former.words.keys():
            return True
        view = without_estimate(self.view)
        return view != without_estimate(former.view)


@dataclass
class JobReader:
    """What was read of a job so far. Only one thread may use it at a time."""

    job_id: str
    jobs: JobStore
    _run: int = 0
    _records: dict[str, StageRecord] = field(default_factory=dict)
    """Records of the current run that are done, by key."""
    _since: datetime = NEVER
    """Records that changed before this time are known."""

    def read(self) -> SeenJob | None:
        """Returns the job with the progress of its current run, or None if there is none.

        Raises JobStoreUnavailable.
        """
        job = self.jobs.find(self.job_id)
        if job is None:
            return None
        now = datetime.fromtimestamp(self.jobs.clock(), UTC)
        self._read_records(job, now)
        records = self._records.values()
        return SeenJob(
            job=job,
            view=job_view(job, tuple(records), now),
            cut=next((record for record in records if record.stage == CUTS), None),
            words=word_records(job, records),
        )

    def _read_records(self, job: Job, now: datetime) -> None:
        """Read the records that changed. At the end of a job without all of its parts, read all of
        them: one may have been readable too late."""
        if job.state in ("queued", "erased") or job.claimed is None:
            self._records.clear()
            return
        if job.run != self._run:
            self._run = job.run
            self._records.clear()
            self._since = job.claimed
        self._read_since(self._since)
        has_skipped = self._since > job.claimed
        if has_skipped and is_over(job) and lacks_parts(job, self._records.values()):
            self._read_since(job.claimed)
        self._since = max(self._since, now - LATE)

    def _read_since(self, since: datetime) -> None:
        for record in self.jobs.records.done_since(self.job_id, since):
            self._records[record.key] = record


def word_records(job: Job, records: Collection[StageRecord]) -> dict[int, StageRecord]:
    """Returns the records of the words that change no more, by part.

    A job that is done has no other words of a part than those that are there, whatever kept align
    from recording its failure.
    """
    aligned = by_part(ALIGNS, records)
    recognised = by_part(RECOGNISES, records)
    parts = recognised.keys() if job.state == "done" else recognised.keys() & set(job.unaligned)
    failed = {part: recognised[part] for part in parts}
    return failed | aligned


def by_part(stage: str, records: Collection[StageRecord]) -> dict[int, StageRecord]:
    """Returns the records of a stage, by part."""
    return {record.part: record for record in records if record.stage == stage}


def without_estimate(view: JobView) -> JobView:
    """Returns a job without its remaining seconds, which change all the time."""
    progress = view.progress.model_copy(update={"eta_seconds": None})
    return view.model_copy(update={"progress": progress})


def lacks_parts(job: Job, records: Collection[StageRecord]) -> bool:
    """Returns whether a part of the job has no record of being aligned."""
    if job.chunks is None:
        return False
    return len(by_part(ALIGNS, records)) < job.chunks
