"""What a person may do to jobs: run them again, cancel them, erase recordings. The CLI and the API
use the same.

Everything here is safe to repeat, and to do while the job runs.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from shared.jobs.inbox import answered, generation_of, is_recording
from shared.jobs.job import Job
from shared.jobs.layout import answer_folder, job_uri
from shared.jobs.store import JobStore
from shared.model.contracts import Source
from shared.model.errors import Cancelled
from shared.ports.blobs import Blob, BlobStore, delete_prefix
from shared.ports.executions import Executions
from shared.settings import settings


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
        """Run a job again; the number of the run. Stages that are asked nothing new give the
        answers they have.

        Without options, those of the last redrive hold.
        """
        job = self.find(job_id)
        if job.state == "erased":
            raise Refused("the recording was erased")
        if job.state == "running" and self.executions.is_active(job.execution):
            raise Refused("it is running; cancel it first")
        recording = self.blobs.find(job.source.uri)
        if recording is None or recording.generation != job.source.generation:
            raise Refused(
                "its recording is not in the inbox any more; a new run could only take the answer away"
            )
        wanted = job.options if options is None else dict(options)
        run = self.jobs.request_rerun(job_id, wanted)
        self.executions.start(job.source, run, wanted)
        return run

    def failed(self) -> list[Job]:
        """Jobs that ended with a problem, but for those that somebody cancelled."""
        return self.jobs.list_by_state("failed")

    def cancel(self, named: str) -> Source:
        """End a job, known by its id or its recording's name, even one that nobody has begun with.

        It is answered with a problem that says so; without an answer it would be started again.
        """
        source = self.source(named)
        if self.jobs.find(source.job_id) is None and answered(source, self.blobs):
            raise Refused("it has been answered")
        problem = Cancelled("by request").problem(source.job_id, None)
        job = self.jobs.cancel(source, problem)
        if job is None:
            raise Refused(f"it is {self.find(source.job_id).state}")  # its answer stays
        self.executions.cancel(job.execution)
        self.executions.report_problem(source, job.run + 1, problem)
        return source

    def source(self, named: str) -> Source:
        """The recording of that name or job id. Nobody may have begun with it: its id is looked for
        in the inbox."""
        if job := self.jobs.find(named):
            return job.source
        inbox = f"gs://{settings().inbox}/"
        found = self.blobs.find(inbox + named)
        for blob in [found] if found else self.blobs.list(inbox):
            name = blob.uri.removeprefix(inbox)
            source = Source(bucket=settings().inbox, name=name, generation=blob.generation)
            if named in (name, source.job_id) and is_recording(name):
                return source
        raise Refused(f"there is no job and no recording {named}")

    def erase(self, bucket: str, name: str) -> int:
        """Delete a recording, in all its generations, and all that came of it; how many of them
        there were.

        The tombstones come first: from then on no stage begins, and one that is at work takes back
        what it wrote. Their names go last, so that an erasure that was cut off can be repeated.
        Executions are not cancelled: they call again what was killed, which then takes back what it
        had written.
        """
        sources = {source.job_id: source for source in self.generations(bucket, name)}
        for source in sources.values():
            self.jobs.erase(source)
        for source in sources.values():
            self.blobs.delete(source.uri, source.generation)
            delete_prefix(job_uri(source), self.blobs)
            delete_answer(source, self.blobs)
            self.jobs.forget_name(source.job_id)
        return len(sources)

    def generations(self, bucket: str, name: str) -> Iterator[Source]:
        """All that are known of: the one in the inbox, those with a job, and those with an
        answer."""
        if recording := self.blobs.find(f"gs://{bucket}/{name}"):
            yield Source(bucket=bucket, name=name, generation=recording.generation)
        yield from (job.source for job in self.jobs.list_by_object(bucket, name))
        for answer in answers(f"gs://{settings().outbox}/{name}", self.blobs):
            if generation := generation_of(answer):
                yield Source(bucket=bucket, name=name, generation=generation)


def delete_answer(source: Source, blobs: BlobStore) -> None:
    """A later generation's answer, made meanwhile, stays."""
    for blob in answers(f"gs://{settings().outbox}/{answer_folder(source)}", blobs):
        if generation_of(blob) <= source.generation:
            blobs.delete(blob.uri, blob.generation)


def answers(folder: str, blobs: BlobStore) -> Iterator[Blob]:
    """What is right in the folder: beneath it may be the answers of other recordings."""
    return (blob for blob in blobs.list(f"{folder}/") if blob.uri.rpartition("/")[0] == folder)
