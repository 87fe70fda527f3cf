"""What a person may do to jobs: run them again, cancel them, erase recordings. The CLI and the API use the same.

Everything here is safe to repeat, and to do while the job runs.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from shared.contracts import Source
from shared.errors import Cancelled
from shared.inbox import answer_folder
from shared.jobs import Job, JobStore
from shared.settings import settings
from shared.storage import BlobStore, job_uri, wipe
from shared.workflow import Executions


class Refused(Exception):
    """The job is in no state for it; the message says which."""


@dataclass(frozen=True)
class Operations:
    blobs: BlobStore
    jobs: JobStore
    executions: Executions

    def find(self, job_id: str) -> Job:
        job = self.jobs.find(job_id)
        if job is None:
            raise Refused(f"there is no job {job_id}")
        return job

    def redrive(self, job_id: str, options: Mapping[str, JsonValue] | None = None) -> int:
        """Run a job again; the number of the run. Stages that are asked nothing new give the answers they have.

        Without options, those of the last redrive hold.
        """
        job = self.find(job_id)
        if job.state == "erased":
            raise Refused("the recording was erased")
        if job.state == "running" and self.executions.active(job.execution):
            raise Refused("it is running; cancel it first")
        recording = self.blobs.find(job.source.uri)
        if recording is None or recording.generation != job.source.generation:
            raise Refused("its recording is not in the inbox any more; a new run could only take the answer away")
        wanted = job.options if options is None else dict(options)
        self.jobs.asked(job_id, wanted)
        self.executions.start(job.source, job.run + 1, wanted)
        return job.run + 1

    def failed(self) -> list[Job]:
        """Jobs that ended with a problem, but for those that somebody cancelled."""
        return self.jobs.in_state("failed")

    def cancel(self, job_id: str) -> None:
        """End a job. It is answered with a problem that says so; without an answer it would be started again."""
        job = self.find(job_id)
        if job.state not in ("running", "unanswered"):
            raise Refused(f"it is {job.state}")
        self.executions.cancel(job.execution)
        if (state := self.find(job_id).state) not in ("running", "unanswered"):
            raise Refused(f"it has just ended: it is {state}")  # its answer stays
        self.executions.answer(job.source, job.run + 1, Cancelled("by request").problem(job_id, None))

    def erase(self, bucket: str, name: str) -> int:
        """Delete a recording, in all its generations, and all that came of it; how many jobs it had.

        The tombstones come first: from then on no stage begins, and one that is at work takes back what it wrote. Their
        names go last, so that an erasure that was cut off can be repeated.
        """
        recording = self.blobs.find(f"gs://{bucket}/{name}")
        jobs = self.jobs.of(bucket, name)
        uploaded = [Source(bucket=bucket, name=name, generation=recording.generation)] if recording else []
        sources = {source.job_id: source for source in [*uploaded, *(job.source for job in jobs)]}
        for source in sources.values():
            self.jobs.erase(source)
        for job in jobs:
            self.executions.cancel(job.execution)
        if recording:
            self.blobs.delete(recording.uri, recording.generation)
        for source in sources.values():
            wipe(job_uri(source), self.blobs)
            wipe_answer(source, self.blobs)
            self.jobs.forget_name(source.job_id)
        return len(sources)


def wipe_answer(source: Source, blobs: BlobStore) -> None:
    """What is right in the answer's folder: beneath it may be the answers of other recordings."""
    folder = f"gs://{settings().outbox}/{answer_folder(source)}"
    for blob in blobs.list(f"{folder}/"):
        if blob.uri.rpartition("/")[0] == folder:
            blobs.delete(blob.uri, blob.generation)
