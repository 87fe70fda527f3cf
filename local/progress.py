"""Uploading recordings and following their jobs to the end."""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import httpx

from local.layout import INBOX, Layout
from local.processes import client_environment
from shared.jobs.job import Job, StageRecord
from shared.jobs.store import JobStore
from shared.model.contracts import Source
from shared.runtime.wiring import job_store
from shared.settings import settings

LOOK = 0.2
"""Seconds between two looks at the jobs."""
STALLED = 5.0
"""Seconds a job may stand as running after its execution has ended."""


@dataclass(frozen=True)
class Followed:
    """A recording and what is known of its job. `error` says why there will be no answer and no
    problem either."""

    file: Path
    source: Source
    job: Job | None = None
    tasks: tuple[StageRecord, ...] = ()
    error: str | None = None

    @property
    def ended(self) -> bool:
        return self.error is not None or (self.job is not None and self.job.state != "running")


def connect(home: Layout) -> None:
    """Gives this process the environment of the cloud's functions.

    Its settings are then theirs, and Google's clients reach this cloud.
    """
    os.environ |= client_environment(home, home.ports())
    settings.cache_clear()


def upload(file: Path, options: Mapping[str, str]) -> Followed:
    """Put a recording into the inbox under its own name, with its options as metadata."""
    from shared.adapters.gcs import GcsBlobs

    generation = GcsBlobs().upload(f"gs://{INBOX}/{file.name}", file, options)
    return Followed(file, Source(bucket=INBOX, name=file.name, generation=generation))


def follow(
    home: Layout, uploads: list[Followed], show: Callable[[list[Followed]], None], deadline: float
) -> list[Followed]:
    """Look again and again until every job has ended, or `deadline` (monotonic seconds) has
    passed."""
    connect(home)
    jobs, seen = job_store(), uploads
    while True:
        seen = [each if each.ended else look(each, jobs) for each in seen]
        seen = [each if each.ended else checked(each, home) for each in seen]
        show(seen)
        if all(each.ended for each in seen) or time.monotonic() > deadline:
            return [
                each if each.ended else failed(each, "no answer in time; the job goes on")
                for each in seen
            ]
        time.sleep(LOOK)


def look(each: Followed, jobs: JobStore) -> Followed:
    job_id = each.source.job_id
    return Followed(
        each.file, each.source, jobs.find(job_id), tuple(jobs.stage_records(job_id)), each.error
    )


def checked(each: Followed, home: Layout) -> Followed:
    """A job whose execution has failed without settling it will not be settled."""
    if each.job is None or time.time() - each.job.updated.timestamp() < STALLED:
        return each
    execution = find_execution(home, each.job.execution)
    if execution.get("state") in ("FAILED", "CANCELLED"):
        return failed(
            each,
            f"its execution {each.job.execution} {str(execution['state']).lower()}; see `dropscribe logs`",
        )
    return each


def find_execution(home: Layout, name: str) -> dict[str, object]:
    """What the runner knows of an execution; empty when it does not answer, which the supervisor
    mends."""
    at = f"{home.ports().url('runner')}/v1/projects/dropscribe-local/locations/local/workflows/transcription/executions/"
    try:
        found = httpx.get(at + name, timeout=5)
    except httpx.TransportError:
        return {}
    return dict(found.json()) if found.is_success else {}


def failed(each: Followed, why: str) -> Followed:
    return Followed(each.file, each.source, each.job, each.tasks, why)


def fetch(each: Followed, to: Path) -> Iterator[Path]:
    """Copy the answer's files to `to`/<file name>/."""
    from shared.adapters.gcs import GcsBlobs

    blobs, folder = GcsBlobs(), to / each.file.name
    folder.mkdir(parents=True, exist_ok=True)
    for uri in each.job.results.values() if each.job else ():
        path = folder / uri.rpartition("/")[2]
        path.write_bytes(blobs.read(uri))
        yield path
