"""At every start, what lies in the inbox without an answer and without an active execution is started again."""

import json
from collections.abc import Iterator
from urllib.request import Request, urlopen

from local.follow import connect, executions_url, find_execution, job_store
from local.home import INBOX, OUTBOX, Home
from shared.contracts import Source
from shared.gcs import GcsBlobs
from shared.inbox import answer_folder, is_recording
from shared.jobs import Job, JobStore
from shared.storage import Blob, BlobStore


def sweep(home: Home) -> int:
    """Start executions; how many. Safe to repeat: a run that is claimed already ends as a duplicate."""
    connect(home)
    blobs, jobs, started = GcsBlobs(), job_store(home), 0
    for source in recordings(blobs):
        run = run_needed(source, jobs, blobs, home)
        if run is not None:
            start(home, source, run)
            started += 1
    return started


def recordings(blobs: BlobStore) -> Iterator[Source]:
    for blob in blobs.list(f"gs://{INBOX}/"):
        name = blob.uri.removeprefix(f"gs://{INBOX}/")
        if is_recording(name):
            yield Source(bucket=INBOX, name=name, generation=blob.generation)


def run_needed(source: Source, jobs: JobStore, blobs: BlobStore, home: Home) -> int | None:
    """The number of the run to start; None when there is an answer or somebody is at work on one."""
    job = jobs.find(source.job_id)
    if job is None:
        return None if answered(source, blobs) else 1
    return job.run + 1 if job.state == "unanswered" or cut_off(job, home) else None


def cut_off(job: Job, home: Home) -> bool:
    """Its execution has ended without settling it."""
    return job.state == "running" and find_execution(home, job.execution).get("state") != "ACTIVE"


def answered(source: Source, blobs: BlobStore) -> bool:
    """The job's document may have expired; the answer has not."""
    marks = (
        blobs.find(f"gs://{OUTBOX}/{answer_folder(source)}/{mark}") for mark in ("transcript.json", "problem.json")
    )
    return any(mark is not None and generation_of(mark) >= source.generation for mark in marks)


def generation_of(mark: Blob) -> int:
    return int(mark.metadata.get("dropscribe-generation", 0))


def start(home: Home, source: Source, run: int) -> None:
    """An execution as a redrive would start it."""
    argument = json.dumps({"source": source.model_dump(), "run": run})
    body = json.dumps({"argument": argument}).encode()
    urlopen(Request(executions_url(home), body, {"Content-Type": "application/json"}), timeout=30).close()
