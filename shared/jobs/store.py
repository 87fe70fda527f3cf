"""The state of jobs: who holds the claim on a recording, and who is working on which question about
it.

A job is one document, `jobs/<job_id>`, with one beneath it for each question asked of a stage,
`jobs/<job_id>/tasks/<task>`, so that parallel stages never write the same document. All rules live
here, once; a `Documents` only compares and sets. Leases save money; correctness never depends on
them (see `storage.BlobStore`).
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar, get_args

from pydantic import JsonValue

from shared.jobs.job import ERASED, Job, JobState, StageRecord
from shared.model.contracts import FinalState, Problem, Source, WireModel
from shared.model.errors import AttemptsExhausted, JobStoreUnavailable, RecordingErased, StageBusy
from shared.ports.documents import Document, Documents

M = TypeVar("M", bound=WireModel)
BOOKMARK = "reconcile/bookmark"
FARTHEST_LEASE = 2
"""Lengths of a lease that one may have left: machines' clocks differ a little."""
TRIES = 20
"""Lost races before a write is given up; each race lost means that another writer won one."""


@dataclass(frozen=True)
class JobStore:
    """`lease` is in seconds. `clock` gives seconds since the epoch."""

    documents: Documents
    lease: float = 60
    attempts: int = 3
    keep_days: int = 30
    notifies: bool = False
    """Whether somebody is told of a job's end."""
    clock: Callable[[], float] = time.time

    def claim(self, source: Source, run: int, execution: str) -> bool:
        """Take the job for this run. True also when this execution holds it already; False when it
        is another's."""
        now = self._now()

        def claimed(job: Job | None) -> Job | None:
            if job is None:
                return Job(
                    job_id=source.job_id, source=source, run=run, execution=execution, state="running",
                    created=now, updated=now, claimed=now, expires=self._expiry(),
                )  # fmt: skip
            if job.state == "erased" or job.run >= run:
                return None
            changes = {"run": run, "execution": execution, "updated": now, "claimed": now, "results": {}, "ended": None,
                       "notification": None, "expires": self._expiry()}  # fmt: skip
            if job.state != "cancelled":  # that it stays until somebody asks for the job again
                changes |= {"state": "running", "problem": None}
            return job.model_copy(update=changes)

        self._change(job_path(source.job_id), Job, claimed)
        return self.holds(source.job_id, run, execution)

    def holds(self, job_id: str, run: int, execution: str) -> bool:
        job = self.find(job_id)
        return (
            job is not None
            and job.state != "erased"
            and (job.run, job.execution) == (run, execution)
        )

    def request_rerun(self, job_id: str, options: dict[str, JsonValue]) -> int:
        """Somebody asks for the job again; the run that is to be it. What failed may be tried as
        often as in the first.

        Runs that somebody else is about to start get nothing: the next number is taken here, and
        nobody holds it.
        """
        for record in self.stage_records(job_id):
            self._change(task_path(job_id, record.task), StageRecord, forgiven)

        def renewed(job: Job | None) -> Job | None:
            if job is None or job.state == "erased":
                return None
            return job.model_copy(
                update={"run": job.run + 1, "requested_run": job.run + 2, "options": options, "state": "running",
                        "problem": None, "results": {}, "ended": None, "notification": None, "updated": self._now()}
            )  # fmt: skip

        renewed_job = self._change(job_path(job_id), Job, renewed)
        if renewed_job is None:
            raise RecordingErased("meanwhile")
        return int(renewed_job.requested_run)

    def cancel(self, source: Source, problem: Problem) -> Job | None:
        """End the job, begun or not, until somebody asks for it again; as it is then, or None if it
        has ended.

        Whoever works on it finds that its run is not the job's any more, and a run that has yet to
        claim it comes late.
        """

        def cancelled(job: Job | None) -> Job | None:
            if job is None:
                return Job(
                    job_id=source.job_id, source=source, run=1, execution="", state="cancelled", problem=problem,
                    created=self._now(), updated=self._now(), expires=self._expiry(),
                )  # fmt: skip
            if job.state not in ("running", "retryable"):
                return None
            return job.model_copy(
                update={"run": job.run + 1, "state": "cancelled", "problem": problem, "ended": None,
                        "notification": None, "updated": self._now()}
            )  # fmt: skip

        ended = self._change(job_path(source.job_id), Job, cancelled)
        return ended if isinstance(ended, Job) else None

    def erase(self, source: Source) -> None:
        """Leave a tombstone, which keeps the job from being claimed, begun or answered again."""

        def buried(job: Job | None) -> Job:
            return Job(
                job_id=source.job_id, source=source, run=job.run if job else 0, execution=job.execution if job else "",
                state="erased", created=job.created if job else self._now(), updated=self._now(),
                expires=self._expiry(),
            )  # fmt: skip

        self._change(job_path(source.job_id), Job, buried)
        for record in self.stage_records(source.job_id):
            self.documents.delete(task_path(source.job_id, record.task))

    def forget_name(self, job_id: str) -> None:
        """The last step of an erasure; after it, the recording's jobs are not found any more."""

        def nameless(job: Job | None) -> Job | None:
            source = job.source.model_copy(update={"name": ERASED}) if job else None
            return job.model_copy(update={"source": source}) if job else None

        self._change(job_path(job_id), Job, nameless)

    def is_erased(self, job_id: str) -> bool:
        job = self.find(job_id)
        return job is not None and job.state == "erased"

    def record_parts(self, job_id: str, run: int, chunks: int, spans: int) -> None:
        """Record how many parts there are, so that progress can be told."""

        def counted(job: Job | None) -> Job | None:
            if job is None or job.run != run or job.state == "erased":
                return None
            return job.model_copy(update={"chunks": chunks, "spans": spans, "updated": self._now()})

        self._change(job_path(job_id), Job, counted)

    def finish(
        self,
        job_id: str,
        run: int,
        state: JobState,
        problem: Problem | None = None,
        results: dict[str, str] | None = None,
    ) -> None:
        """Record how a run ended, and that it is to be announced, unless a later run has taken
        over.

        Saying the same again changes nothing, so what was announced is not due again.
        """
        now, due = self._now(), "due" if self.notifies and state in get_args(FinalState) else None

        def settled(job: Job | None) -> Job | None:
            if (
                job is None
                or job.run != run
                or job.state == "erased"
                or (job.ended and job.state == state)
            ):
                return None
            if state == "retryable" and job.state != "running":
                return None  # the answer was written, and only word of it was lost
            return job.model_copy(
                update={"state": state, "problem": problem, "results": results or {}, "updated": now, "ended": now,
                        "notification": due}
            )  # fmt: skip

        self._change(job_path(job_id), Job, settled)

    def mark_notified(self, told: Job) -> None:
        """Note that it was told how this run ended."""

        def noted(job: Job | None) -> Job | None:
            if job is None or (job.run, job.state) != (told.run, told.state):
                return None
            return job.model_copy(update={"notification": "made"})

        self._change(job_path(told.job_id), Job, noted)

    def start_attempt(self, job_id: str, task: str, stage: str, part: int, owner: str) -> bool:
        """Count an attempt and take its lease; raise StageBusy, AttemptsExhausted or
        RecordingErased.

        Whether it is not the first.
        """
        self.raise_if_erased(job_id)
        now, until = self._now(), self._now() + timedelta(seconds=self.lease)
        again = False

        def begun(record: StageRecord | None) -> StageRecord:
            nonlocal again
            again = record is not None
            tried = record.attempts if record else 0
            if record and record.owner != owner and self._leased(record):
                raise StageBusy(f"another attempt at {stage} holds the lease")
            if tried >= self.attempts and record and record.state == "running":
                raise AttemptsExhausted(f"{stage} died {tried} times at part {part}")
            return StageRecord(
                task=task, stage=stage, part=part, state="running", attempts=tried + 1, owner=owner,
                lease_until=until, started=now, updated=now, expires=self._expiry(),
            )  # fmt: skip

        self._change(task_path(job_id, task), StageRecord, begun)
        return again

    def _leased(self, record: StageRecord) -> bool:
        """A lease that ends far beyond a lease's length was taken by a clock that has been set back
        since."""
        left = (record.lease_until - self._now()).total_seconds()
        return record.state == "running" and 0 < left <= FARTHEST_LEASE * self.lease

    def raise_if_erased(self, job_id: str) -> None:
        if self.is_erased(job_id):
            raise RecordingErased("somebody asked that nothing be left of it")

    def heartbeat(self, job_id: str, task: str, owner: str) -> None:
        self._own(
            job_id,
            task,
            owner,
            lambda _: {"lease_until": self._now() + timedelta(seconds=self.lease)},
        )

    def release_lease(self, job_id: str, task: str, owner: str, *, counted: bool) -> None:
        """Give the lease back after a failure. One that may pass does not count as an attempt."""
        self._own(
            job_id,
            task,
            owner,
            lambda record: {"state": "failed", "attempts": record.attempts - (not counted)},
        )

    def complete_attempt(self, job_id: str, task: str, owner: str, seconds: float) -> None:
        self._own(job_id, task, owner, lambda _: {"state": "done", "seconds": round(seconds, 3)})

    def record_reuse(self, job_id: str, task: str, stage: str, part: int) -> None:
        """Note that a later run was given the answer of an earlier one; an answer without a record
        gets one."""
        now = self._now()

        def reused(record: StageRecord | None) -> StageRecord:
            if record:
                return record.model_copy(update={"state": "done", "reused": True, "updated": now})
            return StageRecord(
                task=task, stage=stage, part=part, state="done", attempts=0, owner="", lease_until=now,
                started=now, updated=now, expires=self._expiry(), reused=True,
            )  # fmt: skip

        self._change(task_path(job_id, task), StageRecord, reused)

    def find(self, job_id: str) -> Job | None:
        found = self.documents.get(job_path(job_id))
        return Job.model_validate(found[0]) if found else None

    def list_recent(self, limit: int = 100) -> list[Job]:
        return [
            Job.model_validate(document) for document in self.documents.list_recent("jobs", limit)
        ]

    def list_by_object(self, bucket: str, name: str) -> list[Job]:
        """The jobs of all generations of an object."""
        found = (
            Job.model_validate(document)
            for document in self.documents.query("jobs", "source.name", name)
        )
        return [job for job in found if job.source.bucket == bucket]

    def list_by_state(self, state: JobState) -> list[Job]:
        """By the order in which they were uploaded."""
        found = (
            Job.model_validate(document)
            for document in self.documents.query("jobs", "state", state)
        )
        return sorted(found, key=lambda job: job.created)

    def list_unnotified(self) -> Iterator[Job]:
        """Those whose end is still to be told, in no order."""
        for document in self.documents.query("jobs", "notification", "due"):
            yield Job.model_validate(document)

    def cursor(self) -> str:
        """Where in the inbox reconcile goes on."""
        found = self.documents.get(BOOKMARK)
        return str(found[0]["name"]) if found else ""

    def save_cursor(self, name: str) -> None:
        """The last to leave one wins; two that sweep at once only look twice."""
        found = self.documents.get(BOOKMARK)
        document: Document = {
            "name": name,
            "updated": self._now().isoformat(),
            "expires": self._expiry().isoformat(),
        }
        self.documents.put(BOOKMARK, document, if_version=found[1] if found else None)

    def stage_records(self, job_id: str) -> list[StageRecord]:
        """By the order in which they started."""
        found = self.documents.list_recent(f"jobs/{job_id}/tasks", limit=2000)
        return sorted(
            (StageRecord.model_validate(document) for document in found), key=lambda r: r.started
        )

    def _own(
        self, job_id: str, task: str, owner: str, changes: Callable[[StageRecord], dict[str, Any]]
    ) -> None:
        """Change a task only while `owner` has it: a lease that was lost stays lost."""

        def changed(record: StageRecord | None) -> StageRecord | None:
            if record is None or record.owner != owner or record.state != "running":
                return None
            return record.model_copy(update={**changes(record), "updated": self._now()})

        self._change(task_path(job_id, task), StageRecord, changed)

    def _change(
        self, path: str, model: type[M], change: Callable[[M | None], M | None]
    ) -> M | None:
        """Read, change, and write over just what was read; again when another was faster. None
        leaves it be.

        What was written.
        """
        for _ in range(TRIES):
            found = self.documents.get(path)
            changed = change(model.model_validate(found[0]) if found else None)
            if changed is None:
                return None
            if self.documents.put(
                path, changed.model_dump(mode="json"), if_version=found[1] if found else None
            ):
                return changed
        raise JobStoreUnavailable(f"{TRIES} writes in a row met another's")

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)

    def _expiry(self) -> datetime:
        return self._now() + timedelta(days=self.keep_days)


def forgiven(record: StageRecord | None) -> StageRecord | None:
    """Without the attempts that failed."""
    return record.model_copy(update={"attempts": 0}) if record and record.state != "done" else None


def job_path(job_id: str) -> str:
    return f"jobs/{job_id}"


def task_path(job_id: str, task: str) -> str:
    return f"jobs/{job_id}/tasks/{task}"
