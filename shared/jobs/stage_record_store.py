"""Stores stage records, with compare-and-set on documents.

Each request to a stage of a job is the document `jobs/<job_id>/tasks/<key>`, so that parallel
stages never write the same one. The rules are in stage_record.py. Leases save money; correctness
never depends on them.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Concatenate, ParamSpec

from shared.jobs.compare_and_set import compare_and_set
from shared.jobs.stage_record import (
    StageRecord,
    attempt_completed,
    attempt_started,
    attempts_forgotten,
    lease_released,
    lease_renewed,
    reused,
)
from shared.ports.documents import Document, Documents, earliest
from shared.settings import JobSettings

P = ParamSpec("P")

MAX_STAGE_RECORDS = 2000
"""More than a job can have: 200 chunks, each transcribed and aligned, and a few other requests."""


@dataclass(frozen=True)
class StageRecordStore:
    """The stage records of all jobs, in `documents`. `clock` returns seconds since the epoch."""

    documents: Documents
    limits: JobSettings
    clock: Callable[[], float]

    # Attempts at stages

    def start_attempt(self, job_id: str, key: str, stage: str, part: int, owner: str) -> None:
        """Start an attempt and take the lease, whatever became of the job.

        Raises StageBusy or AttemptsExhausted.
        """
        now = self._now()
        first = StageRecord(
            key=key,
            stage=stage,
            part=part,
            state="running",
            attempts=1,
            owner=owner,
            lease_until=now + self._lease,
            started=now,
            updated=now,
            expires=self._expiry(),
        )
        self._change(job_id, key, attempt_started, first, self._lease, self.limits.attempts)

    def heartbeat(self, job_id: str, key: str, owner: str) -> None:
        """Renew the lease, if `owner` still holds it."""
        now = self._now()
        self._change(job_id, key, lease_renewed, owner, now, self._lease)

    def release_lease(self, job_id: str, key: str, owner: str, *, counted: bool) -> None:
        """End an attempt that failed. A failure that may pass is not `counted`."""
        now = self._now()
        self._change(job_id, key, lease_released, owner, now, counted=counted)

    def complete_attempt(self, job_id: str, key: str, owner: str, seconds: float) -> None:
        """End an attempt that succeeded."""
        now = self._now()
        self._change(job_id, key, attempt_completed, owner, now, seconds)

    def record_reuse(self, job_id: str, key: str, stage: str, part: int) -> None:
        """Record that a run used a cached result."""
        now = self._now()
        unattempted = StageRecord(
            key=key,
            stage=stage,
            part=part,
            state="done",
            attempts=0,
            owner="",
            lease_until=now,
            started=now,
            updated=now,
            expires=self._expiry(),
        )
        self._change(job_id, key, reused, unattempted, now)

    # All records of a job

    def forget_attempts(self, job_id: str) -> None:
        """Count the attempts at what is not done from zero again."""
        for record in self.of_job(job_id):
            self._change(job_id, record.key, attempts_forgotten)

    def delete_all(self, job_id: str) -> None:
        """Delete the records of a job."""
        for record in self.of_job(job_id):
            path = record_path(job_id, record.key)
            self.documents.delete(path)

    # Queries

    def of_job(self, job_id: str) -> list[StageRecord]:
        """Returns the job's records in the order in which they started."""
        documents = self.documents.list_recent(tasks_of(job_id), MAX_STAGE_RECORDS)
        return sorted(records_in(documents), key=lambda record: record.started)

    def done_since(self, job_id: str, since: datetime) -> list[StageRecord]:
        """Returns the job's records that were done then or later, in that order."""
        documents = self.documents.updated_since(tasks_of(job_id), "done", earliest(since))
        return records_in(documents)

    def open_since(self, job_id: str, since: datetime) -> list[StageRecord]:
        """Returns the job's records that are not done and changed then or later: first those at
        work, then those whose last attempt failed."""
        tasks = tasks_of(job_id)
        text = earliest(since)
        running = self.documents.updated_since(tasks, "running", text)
        failed = self.documents.updated_since(tasks, "failed", text)
        records = records_in([*running, *failed])
        return [record for record in records if record.updated >= since]

    # Compare-and-set

    def _change(
        self,
        job_id: str,
        key: str,
        change: Callable[Concatenate[StageRecord | None, P], StageRecord | None],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> StageRecord | None:
        """Compare-and-set of a record. `change` gets it and the further arguments."""

        def bound(record: StageRecord | None) -> StageRecord | None:
            return change(record, *args, **kwargs)

        path = record_path(job_id, key)
        return compare_and_set(self.documents, path, StageRecord, bound)

    @property
    def _lease(self) -> timedelta:
        return timedelta(seconds=self.limits.lease)

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)

    def _expiry(self) -> datetime:
        lifetime = timedelta(days=self.limits.keep_days)
        return self._now() + lifetime


def records_in(documents: Iterable[Document]) -> list[StageRecord]:
    return [StageRecord.model_validate(document) for document in documents]


def tasks_of(job_id: str) -> str:
    """Returns the collection of a job's records."""
    return f"jobs/{job_id}/tasks"


def record_path(job_id: str, key: str) -> str:
    return f"{tasks_of(job_id)}/{key}"
