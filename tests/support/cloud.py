"""A one-machine cloud of its own for a test: real processes, seen from outside through Google's own
client."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
from google.auth.credentials import AnonymousCredentials
from google.cloud import storage

from local.layout import INBOX, OUTBOX, WORK, Layout
from local.supervisor import supervisor_of
from shared.adapters.sqlite import SqliteDocuments
from shared.jobs.job import Job
from shared.jobs.key_store import KeyStore
from shared.jobs.store import JobStore
from shared.model.contracts import Source
from shared.ports.documents import Documents

ELSEWHERE = ("DROPSCRIBE_URL", "DROPSCRIBE_KEY")
"""Variables that would point the commands at another deployment."""
SHORT_LEASES = {"DROPSCRIBE_LEASE": "6", "DROPSCRIBE_HEARTBEAT": "1.5"}
"""Settings of a cloud whose leases are short enough to see them run out."""
WORKFLOW = "projects/dropscribe-local/locations/local/workflows/transcription"


@dataclass(frozen=True)
class Answer:
    """What lies in the outbox for a recording: file name -> content."""

    files: Mapping[str, bytes]

    @property
    def transcript(self) -> dict[str, Any]:
        assert "transcript.json" in self.files, self.files.get("problem.json", b"nothing").decode()
        return dict(json.loads(self.files["transcript.json"]))

    @property
    def problem(self) -> dict[str, Any]:
        assert set(self.files) == {"problem.json"}, set(self.files)
        return dict(json.loads(self.files["problem.json"]))


class Cloud:
    """Its jobs are in SQLite unless `documents` are those that the environment names."""

    def __init__(
        self, folder: Path, environment: Mapping[str, str], documents: Documents | None = None
    ) -> None:
        self.home = Layout(folder)
        self.documents = documents
        ours = {name: value for name, value in os.environ.items() if name not in ELSEWHERE}
        self.environment = {**ours, "DROPSCRIBE_HOME": str(folder), **environment}

    def command(self, *arguments: str, timeout: float = 300) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            (sys.executable, "-m", "local.cli", *arguments),
            env=self.environment, capture_output=True, text=True, timeout=timeout,
        )  # fmt: skip

    def printed_environment(self) -> dict[str, str]:
        """Returns the variables that `dropscribe env` sets in a shell."""
        script = 'eval "$1" && env --null'
        printed = self.command("env").stdout
        command = ("env", "--ignore-environment", shutil.which("bash") or "bash", "-c")
        done = subprocess.run(
            (*command, script, "bash", printed), capture_output=True, text=True, check=True
        )
        pairs = [line.partition("=") for line in done.stdout.split("\0") if line]
        return {name: value for name, _, value in pairs if f"export {name}=" in printed}

    def up(self) -> None:
        done = self.command("up")
        assert done.returncode == 0, done.stderr

    def down(self) -> None:
        self.command("down")

    @property
    def client(self) -> storage.Client:
        url = self.home.ports().url("storage")
        return storage.Client(
            project="dropscribe-local",
            credentials=AnonymousCredentials(),
            client_options={"api_endpoint": url},
        )

    @property
    def jobs(self) -> JobStore:
        return JobStore(self.documents or SqliteDocuments(self.home.jobs))

    @property
    def keys(self) -> KeyStore:
        documents = self.documents or SqliteDocuments(self.home.jobs)
        return KeyStore(documents, clock=time.time)

    def upload(self, name: str, data: bytes, metadata: Mapping[str, str] | None = None) -> Source:
        blob = self.client.bucket(INBOX).blob(name)
        blob.metadata = dict(metadata or {})
        blob.upload_from_string(data)
        return Source(bucket=INBOX, name=name, generation=blob.generation)

    def answer(self, source: Source, timeout: float = 60) -> Answer:
        """The committed answer for that generation. The commit mark is written last, so the rest is
        there."""
        self.until(
            lambda: self.commit_mark(source) is not None, timeout, f"answer for job {source.job_id}"
        )
        self.until(lambda: self.settled(source), timeout, f"settled job {source.job_id}")
        return Answer(self.files(source.name))

    def commit_mark(self, source: Source) -> storage.Blob | None:
        bucket = self.client.bucket(OUTBOX)
        for mark in ("transcript.json", "problem.json"):
            found = bucket.get_blob(f"{source.name}/{mark}")
            if found and found.metadata["dropscribe-generation"] == str(source.generation):
                return found
        return None

    def settled(self, source: Source) -> bool:
        """The end of its run is recorded, after which finalize writes nothing."""
        job = self.jobs.find(source.job_id)
        return job is not None and job.ended is not None

    def files(self, name: str) -> dict[str, bytes]:
        blobs = self.client.list_blobs(OUTBOX, prefix=f"{name}/")
        return {blob.name.removeprefix(f"{name}/"): blob.download_as_bytes() for blob in blobs}

    def job(self, source: Source) -> Job:
        job = self.jobs.find(source.job_id)
        assert job is not None
        return job

    def leave_unanswered(self, source: Source, run: int) -> None:
        """As if the workflow had given up that run."""
        path = f"jobs/{source.job_id}"
        stored = self.jobs.documents.get(path)
        assert stored is not None
        job = self.job(source).model_copy(update={"run": run, "state": "retryable"})
        assert self.jobs.documents.put(path, job.model_dump(mode="json"), if_version=stored[1])

    def execution(self, name: str) -> dict[str, Any]:
        url = f"{self.home.ports().url('workflows')}/v1/{WORKFLOW}/executions/{name}"
        return dict(httpx.get(url).raise_for_status().json())

    def work(self, source: Source) -> set[str]:
        return {blob.name for blob in self.client.list_blobs(WORK, prefix=f"{source.job_id}/")}

    def until(self, condition: Callable[[], bool], timeout: float, what: str) -> None:
        deadline = time.monotonic() + timeout
        while not condition():
            assert time.monotonic() < deadline, f"no {what} after {timeout} s\n{self.logs()}"
            time.sleep(0.1)

    def processes(self, part: str) -> list[psutil.Process]:
        """The part's process and the workers that it forked."""
        supervisor = psutil.Process(supervisor_of(self.home))
        port = str(self.home.ports().ports[part])
        for child in supervisor.children():
            if port in child.cmdline() or child.environ().get("PORT") == port:
                return [child, *child.children(recursive=True)]
        return []

    def everything(self) -> list[psutil.Process]:
        supervisor = psutil.Process(supervisor_of(self.home))
        return [supervisor, *supervisor.children(recursive=True)]

    def logs(self) -> str:
        return "\n".join(
            f"{log.name}: {log.read_text()[-2000:]}"
            for log in (self.home.folder / "logs").glob("*.log")
        )


@contextmanager
def stopped(processes: list[psutil.Process]) -> Iterator[None]:
    """Stops processes while the block runs."""
    for process in processes:
        process.suspend()
    try:
        yield
    finally:
        for process in processes:
            if process.is_running():
                process.resume()
