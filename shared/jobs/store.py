"""Stores jobs, with compare-and-set on documents.

A job is the document `jobs/<job_id>`. The rules are in transitions.py. What its stages are at is in
documents of their own (stage_record_store.py).
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Concatenate, ParamSpec, get_args

from pydantic import JsonValue

from shared.jobs.compare_and_set import compare_and_set
from shared.jobs.job import NEVER, Job, JobFigures, JobState, KnownRecording
from shared.jobs.job_list import JobQuery, list_jobs, readable_jobs
from shared.jobs.listing import folder_digest
from shared.jobs.stage_record_store import StageRecordStore
from shared.jobs.transitions import (
    audio_deleted,
    cancelled,
    claimed,
    erased,
    execution_replaced,
    finished,
    name_forgotten,
    notified,
    parts_recorded,
    queued,
    rerun_requested,
    uploaded,
)
from shared.model.contracts import Problem, Settled, Source
from shared.model.errors import AudioDeleted, RecordingErased
from shared.ports.documents import Documents, Page, earliest
from shared.settings import JobSettings

P = ParamSpec("P")


@dataclass(frozen=True)
class JobStore:
    """Jobs in `documents`. `clock` returns seconds since the epoch."""

    documents: Documents
    limits: JobSettings = field(default_factory=JobSettings)
    keep_answer_days: int | None = None
    """Days until an answer is deleted. None: never."""
    clock: Callable[[], float] = time.time

    # Jobs

    def queue(self, source: Source, run: int, execution: str) -> None:
        """Record that this execution was started for `run`, unless the run has begun."""
        now = self._now()
        expires = self._expiry()
        self._change_job(source.job_id, queued, source, run, execution, now, expires)

    def record_upload(self, source: Source, size: int, tags: dict[str, str]) -> None:
        """Record that a recording of so many bytes was uploaded, before its event arrives."""
        now = self._now()
        expires = self._expiry()
        self._change_job(source.job_id, uploaded, source, size, tags, now, expires)

    def claim(self, source: Source, run: int, execution: str) -> Job | None:
        """Make `run` the current one. Returns the job if this execution holds it, unless erased."""
        now = self._now()
        expires = self._expiry()
        self._change_job(source.job_id, claimed, source, run, execution, now, expires)
        job = self.find(source.job_id)
        if job is None or job.state in ("queued", "erased"):
            return None
        is_held = job.run == run and job.execution == execution
        return job if is_held else None

    def request_rerun(self, job_id: str, options: dict[str, JsonValue]) -> int:
        """Reserve a further run, in which the stages may fail as often as in the first. Returns its
        number.

        Raises RecordingErased or AudioDeleted.
        """
        self.records.forget_attempts(job_id)
        now = self._now()
        job = self._change_job(job_id, rerun_requested, options, now)
        if job is None:
            self.raise_if_gone(job_id)
            raise RecordingErased("the recording was erased meanwhile")
        return job.requested_run

    def cancel(self, source: Source, problem: Problem) -> Job | None:
        """Cancel the job, even if no run claimed it. Returns it, or None if it has ended."""
        now = self._now()
        expires = self._expiry()
        return self._change_job(source.job_id, cancelled, source, problem, now, expires)

    def finish(
        self,
        job_id: str,
        run: int,
        state: Settled,
        problem: Problem | None = None,
        results: dict[str, str] | None = None,
        *,
        warnings: tuple[str, ...] = (),
        deletes_audio: bool = False,
        tags: dict[str, str] | None = None,
        figures: JobFigures | None = None,
    ) -> None:
        """Record how `run` ended, unless a later run has claimed the job.

        `warnings` are the codes of the answer's. `deletes_audio` makes the deletion of its audio
        due. None for `tags`: they stay as they are.
        """
        self._change_job(
            job_id,
            finished,
            run,
            state,
            problem,
            results or {},
            self._now(),
            expires=self._answer_expiry(),
            warnings=warnings,
            deletes_audio=deletes_audio,
            tags=tags,
            figures=figures,
        )

    def erase(self, source: Source) -> None:
        """Replace the job by a tombstone, and delete its stage records."""
        job_id = source.job_id
        now = self._now()
        expires = self._answer_expiry()
        self._change_job(job_id, erased, source, now, expires)
        self.records.delete_all(job_id)

    def forget_name(self, job_id: str) -> None:
        """Remove the recording's name: the last step of an erasure, since `list_by_object` does not
        find the job after it."""
        self._change_job(job_id, name_forgotten)

    def record_parts(
        self, job_id: str, run: int, chunks: int, spans: int, known: KnownRecording | None = None
    ) -> None:
        """Record how many parts the recording was cut into, and what is known of it."""
        now = self._now()
        self._change_job(job_id, parts_recorded, run, chunks, spans, known, now)

    def mark_notified(self, published: Job) -> None:
        """Record that the end of this job was logged, and published where there is a publisher."""
        self._change_job(published.job_id, notified, published)

    def mark_audio_deleted(self, job: Job) -> None:
        """Record that the audio of this job was deleted after its current run."""
        self._change_job(job.job_id, audio_deleted, job.run)

    def replace_execution(self, job: Job, execution: str) -> None:
        """Record which execution deletes the audio of this job."""
        self._change_job(job.job_id, execution_replaced, job.run, execution)

    # Attempts at stages

    @property
    def records(self) -> StageRecordStore:
        """The stage records of the jobs."""
        return StageRecordStore(self.documents, self.limits, self.clock)

    def start_attempt(self, job_id: str, key: str, stage: str, part: int, owner: str) -> Job | None:
        """Start an attempt at a stage and take the lease. Returns the job, if there is one.

        Raises StageBusy, AttemptsExhausted, RecordingErased or AudioDeleted.
        """
        job = self.raise_if_gone(job_id)
        self.records.start_attempt(job_id, key, stage, part, owner)
        return job

    # Queries

    def find(self, job_id: str) -> Job | None:
        """Returns the job, or None if there is none."""
        found = self.documents.get(job_path(job_id))
        if found is None:
            return None
        document, _ = found
        return Job.model_validate(document)

    def is_erased(self, job_id: str) -> bool:
        job = self.find(job_id)
        if job is None:
            return False
        return job.state == "erased"

    def raise_if_erased(self, job_id: str) -> None:
        """Raises RecordingErased if the recording was erased."""
        if self.is_erased(job_id):
            raise RecordingErased("the recording was erased by request")

    def is_gone(self, job_id: str) -> bool:
        """Returns whether no stage may work for the job any more."""
        job = self.find(job_id)
        if job is None:
            return False
        return job.state == "erased" or job.audio_deletion is not None

    def raise_if_gone(self, job_id: str) -> Job | None:
        """Returns the job, if there is one. Raises RecordingErased or AudioDeleted."""
        job = self.find(job_id)
        if job is None:
            return None
        if job.state == "erased":
            raise RecordingErased("the recording was erased by request")
        if job.audio_deletion:
            raise AudioDeleted(f"the answer of run {job.run} stays; upload the recording again")
        return job

    def list_page(
        self,
        folder: str,
        *,
        states: tuple[JobState, ...] = (),
        name_prefix: str = "",
        created_after: datetime | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> tuple[list[Job], str | None]:
        """Returns a page of the jobs in a folder, the newest first, and the cursor of the next page
        or None. Without `states` it has jobs in all states. See `list_jobs`."""
        query = JobQuery(folder, states, name_prefix, created_after)
        return list_jobs(self.documents, query, cursor, limit)

    def count_by_state(self, folder: str = "") -> dict[JobState, int]:
        """Returns how many jobs of a folder are in each state."""
        digest = folder_digest(folder)
        states: tuple[JobState, ...] = get_args(JobState)
        return {state: self.documents.count("jobs", digest, state) for state in states}

    def oldest(self, state: JobState, folder: str = "", limit: int = 1) -> list[Job]:
        """Returns the jobs that have been in a state for longest, the longest first."""
        digest = folder_digest(folder)
        first = Page(digest, "updated", limit, ascending=True, state=state)
        documents = self.documents.page("jobs", first)
        return list(readable_jobs(documents))

    def list_ended_since(
        self, since: datetime, limit: int, folder: str = "", before: datetime | None = None
    ) -> list[Job]:
        """Returns the jobs whose last run ended between two times, the last one first."""
        below = "" if before is None else earliest(before)
        page = Page(folder_digest(folder), "ended", limit, above=earliest(since), below=below)
        documents = self.documents.page("jobs", page)
        return list(readable_jobs(documents))

    def list_by_object(self, bucket: str, name: str) -> list[Job]:
        """Returns the jobs of all generations of an object."""
        same_name = self._query("source.name", name)
        return [job for job in same_name if job.source.bucket == bucket]

    def list_by_state(self, state: JobState) -> list[Job]:
        """Returns the jobs in a state, in the order in which they were created."""
        jobs = self._query("state", state)
        return sorted(jobs, key=lambda job: job.created)

    def list_unnotified(self) -> Iterator[Job]:
        """Returns the jobs whose notification is due, in no order. They are read one by one."""
        return self._query("notification", "due")

    def list_audio_due(self) -> Iterator[Job]:
        """Returns the jobs whose audio is still to be deleted, in no order."""
        return self._query("audio_deletion", "due")

    def list_cancellations_due(self) -> Iterator[Job]:
        """Returns the cancelled jobs whose cancellation is still to be written, in no order."""
        return self._query("cancellation", "due")

    def _query(self, field: str, value: str) -> Iterator[Job]:
        """Yields the jobs with that value of a field, in no order."""
        documents = self.documents.query("jobs", field, value)
        return readable_jobs(documents)

    # Compare-and-set

    def _change_job(
        self,
        job_id: str,
        change: Callable[Concatenate[Job | None, P], Job | None],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> Job | None:
        """Compare-and-set of a job. `change` gets the job and the further arguments."""

        def bound(job: Job | None) -> Job | None:
            return change(job, *args, **kwargs)

        path = job_path(job_id)
        return compare_and_set(self.documents, path, Job, bound)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)

    def _expiry(self) -> datetime:
        lifetime = timedelta(days=self.limits.keep_days)
        return self._now() + lifetime

    def _answer_expiry(self) -> datetime:
        """Returns when a job's document expires: after its answer, which is written now."""
        if self.keep_answer_days is None:
            return NEVER
        return self._expiry() + timedelta(days=self.keep_answer_days)


def job_path(job_id: str) -> str:
    return f"jobs/{job_id}"
