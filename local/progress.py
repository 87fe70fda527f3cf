"""Uploads recordings and follows their jobs to the end."""

import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import httpx

from local.layout import INBOX, Layout
from local.processes import client_environment
from shared.jobs.job import Job
from shared.jobs.recording_options import load_options_file
from shared.jobs.stage_record import StageRecord
from shared.jobs.store import JobStore
from shared.model.contracts import Source
from shared.model.object_metadata import read_metadata
from shared.model.options import resolve
from shared.ports.blobs import BlobStore
from shared.runtime.wiring import job_store
from shared.settings import settings

POLL_SECONDS = 0.2
"""Seconds between two looks at the jobs."""
STALLED_SECONDS = 5.0
"""Seconds that a job may be `queued` or `running` after its execution has ended."""
WORKFLOW = "v1/projects/dropscribe-local/locations/local/workflows/transcription"


@dataclass(frozen=True)
class Followed:
    """A recording and the state of its job."""

    file: Path
    source: Source
    job: Job | None = None
    records: tuple[StageRecord, ...] = ()
    error: str | None = None
    """Why there will be neither a transcript nor a problem."""

    @property
    def has_ended(self) -> bool:
        if self.error is not None:
            return True
        if self.job is None:
            return False
        return self.job.has_ended


def connect(home: Layout) -> None:
    """Sets this process's environment to that of the cloud's functions.

    Afterwards it has the functions' settings, and Google's clients reach this cloud.
    """
    ports = home.ports()
    os.environ |= client_environment(home, ports)
    settings.cache_clear()


def check_options(file: Path, metadata: Mapping[str, str], blobs: BlobStore) -> None:
    """Raises BadOption if the file's run would end so, with this metadata and the options.json that
    is in the inbox for it."""
    source = Source(bucket=INBOX, name=file.name, generation=1)
    from_file, _ = load_options_file(source, blobs)
    defaults = settings().recordings.defaults
    options = read_metadata(metadata).options
    resolve({"deployment": defaults, **from_file, "--set": options})


def upload(file: Path, metadata: Mapping[str, str]) -> Followed:
    """Uploads a recording to the inbox under its file name, with its options in the metadata."""
    from shared.adapters.gcs import GcsBlobs

    uri = f"gs://{INBOX}/{file.name}"
    generation = GcsBlobs().upload(uri, file, metadata)
    source = Source(bucket=INBOX, name=file.name, generation=generation)
    return Followed(file, source)


def follow(
    home: Layout,
    uploads: Sequence[Followed],
    show: Callable[[Sequence[Followed]], None],
    deadline: float,
) -> list[Followed]:
    """Polls until every job has ended or `deadline` (monotonic seconds) has passed.

    Returns the recordings with their jobs, in the order of `uploads`.
    """
    connect(home)
    jobs = job_store()
    followed = list(uploads)
    while True:
        followed = [refresh(each, jobs, home) for each in followed]
        show(followed)
        if all(each.has_ended for each in followed):
            return followed
        if time.monotonic() > deadline:
            return [give_up_waiting(each) for each in followed]
        time.sleep(POLL_SECONDS)


def refresh(each: Followed, jobs: JobStore, home: Layout) -> Followed:
    """Returns the recording with its job as it is now."""
    if each.has_ended:
        return each
    job_id = each.source.job_id
    job = jobs.find(job_id)
    records = tuple(jobs.stage_records(job_id))
    current = replace(each, job=job, records=records)
    if current.has_ended:
        return current
    return check_execution(current, home)


def check_execution(each: Followed, home: Layout) -> Followed:
    """Returns the recording, with an error if its execution ended and left the job running."""
    if each.job is None:
        return each
    age = time.time() - each.job.updated.timestamp()
    name = each.job.execution
    if age < STALLED_SECONDS or not name:
        return each
    state = execution_state(home, name)
    if state not in ("FAILED", "CANCELLED"):
        return each
    error = f"its execution {name} {state.lower()}; see `dropscribe logs`"
    return replace(each, error=error)


def execution_state(home: Layout, name: str) -> str | None:
    """Returns the state of an execution, or None if the runner does not answer or know it."""
    url = f"{home.ports().url('workflows')}/{WORKFLOW}/executions/{name}"
    try:
        response = httpx.get(url, timeout=5)
    except httpx.TransportError:
        return None  # the supervisor restarts the runner
    if not response.is_success:
        return None
    execution = response.json()
    return str(execution["state"])


def give_up_waiting(each: Followed) -> Followed:
    if each.has_ended:
        return each
    return replace(each, error="no answer in time; the job goes on")


def fetch(each: Followed, to: Path) -> Iterator[Path]:
    """Copies the answer's files to `to`/<file name>/ and yields their paths."""
    from shared.adapters.gcs import GcsBlobs

    if each.job is None:
        return
    blobs = GcsBlobs()
    folder = to / each.file.name
    folder.mkdir(parents=True, exist_ok=True)
    for uri in each.job.results.values():
        path = folder / uri.rpartition("/")[2]
        path.write_bytes(blobs.read(uri))
        yield path
