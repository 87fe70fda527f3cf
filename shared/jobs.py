"""The state of jobs: who holds the claim on a recording, and who is working on which question about it.

A job is one document, `jobs/<job_id>`, with one beneath it for each question asked of a stage,
`jobs/<job_id>/tasks/<task>`, so that parallel stages never write the same document. All rules live here, once; a
`Documents` only compares and sets.
Leases save money; correctness never depends on them (see `storage.BlobStore`).
"""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, Protocol

from pydantic import JsonValue

from shared.contracts import Problem, Source, Wire
from shared.errors import AttemptsExhausted, JobStoreUnavailable, RecordingErased, StageBusy

Document = dict[str, JsonValue]
JobState = Literal["running", "done", "failed", "unanswered", "cancelled", "erased"]
"""`unanswered`: the workflow gave up on something that may pass, so nothing was written to the outbox. `erased`: a
tombstone; all that is known is that there was a job."""
BOOKMARK = "reconcile/bookmark"
ERASED = "(erased)"
"""The name of an erased recording."""
FARTHEST_LEASE = 2
"""Lengths of a lease that one may have left: machines' clocks differ a little."""
TRIES = 20
"""Lost races before a write is given up; each race lost means that another writer won one."""


class Documents(Protocol):
    """A place for JSON documents that can compare and set. A version is whatever the place calls it."""

    def get(self, path: str) -> tuple[Document, object] | None: ...

    def put(self, path: str, document: Document, over: object | None) -> bool:
        """Write over that version (None: nothing may be there). False when another was found."""
        ...

    def delete(self, path: str) -> None:
        """Whatever its version; nothing happens when it is not there."""
        ...

    def newest(self, collection: str, limit: int) -> Iterator[Document]:
        """The documents right beneath `collection`, the last updated first."""
        ...

    def matching(self, collection: str, field: str, value: str) -> Iterator[Document]:
        """The documents right beneath `collection` with that value; `field` may be a path such as `source.name`."""
        ...


class Job(Wire):
    """One generation of one inbox object, as its current run sees it."""

    job_id: str
    source: Source
    run: int
    execution: str
    state: JobState
    created: datetime
    updated: datetime
    expires: datetime
    chunks: int | None = None
    """Parts to transcribe; null until the recording is cut."""
    spans: int | None = None
    """Parts to diarize."""
    problem: Problem | None = None
    results: dict[str, str] = {}
    """Format -> URI in the outbox."""
    asked: int = 1
    """The run that somebody last asked for, by an upload or a redrive. Those after it were started by reconcile."""
    options: dict[str, JsonValue] = {}
    """Those of the redrive, for the runs that follow it."""


class TaskRecord(Wire):
    """One question asked of a stage: its lease, its attempts, its progress."""

    task: str
    stage: str
    part: int
    state: Literal["running", "done", "failed"]
    attempts: int
    owner: str
    lease_until: datetime
    started: datetime
    updated: datetime
    expires: datetime
    seconds: float | None = None
    reused: bool = False


@dataclass(frozen=True)
class JobStore:
    """`lease` is in seconds. `clock` gives seconds since the epoch."""

    documents: Documents
    lease: float = 60
    attempts: int = 3
    keep_days: int = 30
    clock: Callable[[], float] = time.time

    def claim(self, source: Source, run: int, execution: str) -> bool:
        """Take the job for this run. True also when this execution holds it already; False when it is another's."""
        now = self._now()

        def claimed(job: Job | None) -> Job | None:
            if job is None:
                return Job(
                    job_id=source.job_id, source=source, run=run, execution=execution, state="running",
                    created=now, updated=now, expires=self._expiry(),
                )  # fmt: skip
            if job.state == "erased" or job.run >= run:
                return None
            return job.model_copy(
                update={"run": run, "execution": execution, "state": "running", "updated": now, "problem": None,
                        "results": {}, "expires": self._expiry()}
            )  # fmt: skip

        self._change(job_path(source.job_id), Job, claimed)
        return self.holds(source.job_id, run, execution)

    def holds(self, job_id: str, run: int, execution: str) -> bool:
        job = self.find(job_id)
        return job is not None and (job.run, job.execution) == (run, execution)

    def asked(self, job_id: str, options: dict[str, JsonValue]) -> None:
        """Somebody asks for the job again: what failed may be tried as often as in the first run."""

        def renewed(job: Job | None) -> Job | None:
            changes = {"asked": job.run + 1, "options": options, "updated": self._now()} if job else {}
            return job.model_copy(update=changes) if job else None

        self._change(job_path(job_id), Job, renewed)
        for record in self.tasks(job_id):
            self._change(task_path(job_id, record.task), TaskRecord, forgiven)

    def erase(self, source: Source) -> None:
        """Leave a tombstone, which keeps the job from being claimed, begun or answered again."""

        def buried(job: Job | None) -> Job:
            return Job(
                job_id=source.job_id, source=source, run=job.run if job else 0, execution=job.execution if job else "",
                state="erased", created=job.created if job else self._now(), updated=self._now(),
                expires=self._expiry(),
            )  # fmt: skip

        self._change(job_path(source.job_id), Job, buried)
        for record in self.tasks(source.job_id):
            self.documents.delete(task_path(source.job_id, record.task))

    def forget_name(self, job_id: str) -> None:
        """The last step of an erasure; after it, the recording's jobs are not found any more."""

        def nameless(job: Job | None) -> Job | None:
            source = job.source.model_copy(update={"name": ERASED}) if job else None
            return job.model_copy(update={"source": source}) if job else None

        self._change(job_path(job_id), Job, nameless)

    def erased(self, job_id: str) -> bool:
        job = self.find(job_id)
        return job is not None and job.state == "erased"

    def cut(self, job_id: str, run: int, chunks: int, spans: int) -> None:
        """Record how many parts there are, so that progress can be told."""

        def counted(job: Job | None) -> Job | None:
            if job is None or job.run != run or job.state == "erased":
                return None
            return job.model_copy(update={"chunks": chunks, "spans": spans, "updated": self._now()})

        self._change(job_path(job_id), Job, counted)

    def settle(
        self,
        job_id: str,
        run: int,
        state: JobState,
        problem: Problem | None = None,
        results: dict[str, str] | None = None,
    ) -> None:
        """Record how a run ended, unless a later run has taken over."""

        def settled(job: Job | None) -> Job | None:
            if job is None or job.run != run or job.state == "erased":
                return None
            changes = {"state": state, "problem": problem, "results": results or {}, "updated": self._now()}
            return job.model_copy(update=changes)

        self._change(job_path(job_id), Job, settled)

    def begin(self, job_id: str, task: str, stage: str, part: int, owner: str) -> int:
        """Count an attempt and take its lease; the attempt's number. Raise StageBusy, AttemptsExhausted or
        RecordingErased."""
        self.check_not_erased(job_id)
        now, until = self._now(), self._now() + timedelta(seconds=self.lease)

        def begun(record: TaskRecord | None) -> TaskRecord:
            tried = record.attempts if record else 0
            if record and record.owner != owner and self._leased(record):
                raise StageBusy(f"another attempt at {stage} holds the lease")
            if tried >= self.attempts and record and record.state == "running":
                raise AttemptsExhausted(f"{stage} died {tried} times at part {part}")
            return TaskRecord(
                task=task, stage=stage, part=part, state="running", attempts=tried + 1, owner=owner,
                lease_until=until, started=now, updated=now, expires=self._expiry(),
            )  # fmt: skip

        written = self._change(task_path(job_id, task), TaskRecord, begun)
        return int(written.attempts)

    def _leased(self, record: TaskRecord) -> bool:
        """A lease that ends far beyond a lease's length was taken by a clock that has been set back since."""
        left = (record.lease_until - self._now()).total_seconds()
        return record.state == "running" and 0 < left <= FARTHEST_LEASE * self.lease

    def check_not_erased(self, job_id: str) -> None:
        if self.erased(job_id):
            raise RecordingErased("somebody asked that nothing be left of it")

    def renew(self, job_id: str, task: str, owner: str) -> None:
        self._own(job_id, task, owner, lambda _: {"lease_until": self._now() + timedelta(seconds=self.lease)})

    def release(self, job_id: str, task: str, owner: str, *, counted: bool) -> None:
        """Give the lease back after a failure. One that may pass does not count as an attempt."""
        self._own(job_id, task, owner, lambda record: {"state": "failed", "attempts": record.attempts - (not counted)})

    def complete(self, job_id: str, task: str, owner: str, seconds: float) -> None:
        self._own(job_id, task, owner, lambda _: {"state": "done", "seconds": round(seconds, 3)})

    def reuse(self, job_id: str, task: str, stage: str, part: int) -> None:
        """Note that a later run was given the answer of an earlier one; an answer without a record gets one."""
        now = self._now()

        def reused(record: TaskRecord | None) -> TaskRecord:
            if record:
                return record.model_copy(update={"state": "done", "reused": True, "updated": now})
            return TaskRecord(
                task=task, stage=stage, part=part, state="done", attempts=0, owner="", lease_until=now,
                started=now, updated=now, expires=self._expiry(), reused=True,
            )  # fmt: skip

        self._change(task_path(job_id, task), TaskRecord, reused)

    def find(self, job_id: str) -> Job | None:
        found = self.documents.get(job_path(job_id))
        return Job.model_validate(found[0]) if found else None

    def newest(self, limit: int = 100) -> list[Job]:
        return [Job.model_validate(document) for document in self.documents.newest("jobs", limit)]

    def of(self, bucket: str, name: str) -> list[Job]:
        """The jobs of all generations of an object."""
        found = (Job.model_validate(document) for document in self.documents.matching("jobs", "source.name", name))
        return [job for job in found if job.source.bucket == bucket]

    def in_state(self, state: JobState) -> list[Job]:
        """By the order in which they were uploaded."""
        found = (Job.model_validate(document) for document in self.documents.matching("jobs", "state", state))
        return sorted(found, key=lambda job: job.created)

    def bookmark(self) -> str:
        """Where in the inbox reconcile goes on."""
        found = self.documents.get(BOOKMARK)
        return str(found[0]["name"]) if found else ""

    def leave_bookmark(self, name: str) -> None:
        """The last to leave one wins; two that sweep at once only look twice."""
        found = self.documents.get(BOOKMARK)
        document: Document = {"name": name, "updated": self._now().isoformat(), "expires": self._expiry().isoformat()}
        self.documents.put(BOOKMARK, document, over=found[1] if found else None)

    def tasks(self, job_id: str) -> list[TaskRecord]:
        """By the order in which they started."""
        found = self.documents.newest(f"jobs/{job_id}/tasks", limit=2000)
        return sorted((TaskRecord.model_validate(document) for document in found), key=lambda r: r.started)

    def _own(self, job_id: str, task: str, owner: str, changes: Callable[[TaskRecord], dict[str, Any]]) -> None:
        """Change a task only while `owner` has it: a lease that was lost stays lost."""

        def changed(record: TaskRecord | None) -> TaskRecord | None:
            if record is None or record.owner != owner or record.state != "running":
                return None
            return record.model_copy(update={**changes(record), "updated": self._now()})

        self._change(task_path(job_id, task), TaskRecord, changed)

    def _change(self, path: str, model: type[Any], change: Callable[[Any], Wire | None]) -> Any:
        """Read, change, and write over just what was read; again when another was faster. None leaves it be.

        Gives what was written.
        """
        for _ in range(TRIES):
            found = self.documents.get(path)
            changed = change(model.model_validate(found[0]) if found else None)
            if changed is None:
                return None
            if self.documents.put(path, changed.model_dump(mode="json"), over=found[1] if found else None):
                return changed
        raise JobStoreUnavailable(f"{TRIES} writes in a row met another's")

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self.clock(), UTC)

    def _expiry(self) -> datetime:
        return self._now() + timedelta(days=self.keep_days)


def forgiven(record: TaskRecord | None) -> TaskRecord | None:
    """Without the attempts that failed."""
    return record.model_copy(update={"attempts": 0}) if record and record.state != "done" else None


def job_path(job_id: str) -> str:
    return f"jobs/{job_id}"


def task_path(job_id: str, task: str) -> str:
    return f"jobs/{job_id}/tasks/{task}"


class MemoryDocuments:
    """Documents for unit tests."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[Document, int]] = {}
        self._version = 0
        self._writing = threading.Lock()

    def get(self, path: str) -> tuple[Document, object] | None:
        return self._kept.get(path)

    def put(self, path: str, document: Document, over: object | None) -> bool:
        with self._writing:
            found = self._kept.get(path)
            if (found[1] if found else None) != over:
                return False
            self._version += 1
            self._kept[path] = document, self._version
            return True

    def delete(self, path: str) -> None:
        self._kept.pop(path, None)

    def matching(self, collection: str, field: str, value: str) -> Iterator[Document]:
        beneath = [d for p, (d, _) in self._kept.items() if p.rpartition("/")[0] == collection]
        return iter([d for d in beneath if looked_up(d, field) == value])

    def newest(self, collection: str, limit: int) -> Iterator[Document]:
        beneath = [d for p, (d, _) in self._kept.items() if p.rpartition("/")[0] == collection]
        return iter(sorted(beneath, key=lambda d: str(d["updated"]), reverse=True)[:limit])


def looked_up(document: Document, field: str) -> JsonValue:
    """What stands at a path such as `source.name`."""
    found: JsonValue = document
    for key in field.split("."):
        found = found.get(key) if isinstance(found, dict) else None
    return found
