"""What a person can do to jobs: run them again, cancel them, and erase recordings.

The CLI and the API share it. Every operation can be repeated, and can be done while the job runs.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from shared.jobs.batch_store import BatchStore
from shared.jobs.event_log import event_log_of
from shared.jobs.inbox import answered, edits_file_name, generation_of, is_recording
from shared.jobs.job import Job
from shared.jobs.layout import job_uri, outbox_folder
from shared.jobs.recording_options import load_options
from shared.jobs.store import JobStore
from shared.jobs.upload_store import UploadStore
from shared.model.contracts import Source
from shared.model.errors import (
    BadOption,
    Cancelled,
    NotFound,
    OptionsRefused,
    RecordingErased,
    RecordingGone,
    WrongState,
)
from shared.model.options import resolve
from shared.model.options_file import MAX_BYTES
from shared.ports.blobs import Blob, BlobStore, delete_prefix
from shared.ports.executions import Executions
from shared.settings import settings


@dataclass(frozen=True)
class Operations:
    """Operations on the jobs of one deployment."""

    blobs: BlobStore
    jobs: JobStore
    executions: Executions

    def find(self, job_id: str) -> Job:
        """Returns the job. Raises NotFound."""
        job = self.jobs.find(job_id)
        if job is None:
            raise NotFound(f"there is no job {job_id}")
        return job

    def redrive(self, job_id: str, options: Mapping[str, JsonValue] | None = None) -> int:
        """Run a job again. Returns the number of the run.

        Stages whose inputs and options did not change return their cached result. `options` replace
        those of the last redrive: none of them are left if it is empty, and all if it is None.
        Raises NotFound, WrongState, OptionsRefused, RecordingErased, RecordingGone or AudioDeleted.
        """
        job = self.find(job_id)
        recording = self._refuse_redrive(job)
        run_options = job.options if options is None else dict(options)
        refuse_large_options(run_options)
        self._refuse_options(job.source, recording, run_options)
        if job.notification == "due":
            event_log_of(self.jobs).append(job)
        run = self.jobs.request_rerun(job_id, run_options)
        execution = self.executions.start(job.source, run)
        self.jobs.queue(job.source, run, execution)
        return run

    def _refuse_redrive(self, job: Job) -> Blob:
        """Returns the job's recording. Raises the error for which it cannot be run again now."""
        if job.state == "erased":
            raise RecordingErased("the recording was erased")
        self.jobs.raise_if_gone(job.job_id)
        if is_under_way(job, self.executions):
            raise WrongState(f"it is {job.state}; cancel it first")
        recording = self.blobs.find(job.source.uri)
        if recording is None or recording.generation != job.source.generation:
            raise RecordingGone("a new run could only end with a problem")
        return recording

    def _refuse_options(
        self, source: Source, recording: Blob, redrive: Mapping[str, JsonValue]
    ) -> None:
        """Raises OptionsRefused if a run with these options would end as a bad option."""
        try:
            loaded = load_options(source, recording, redrive, self.blobs)
            resolve(loaded.by_origin)
        except BadOption as error:
            raise OptionsRefused(str(error)) from error

    def cancel(self, name_or_id: str) -> Source:
        """Cancel the job with that id, or of the recording with that name. Returns the recording.

        Raises NotFound, or WrongState if the job has ended.
        """
        source = self.source(name_or_id)
        self.cancel_recording(source)
        return source

    def cancel_recording(self, source: Source) -> None:
        """Cancel the job of a recording, even before a run has claimed it.

        A problem is written as the job's answer, since reconcile would start a recording without an
        answer again. Raises WrongState if the job has ended.
        """
        is_claimed = self.jobs.find(source.job_id) is not None
        if not is_claimed and answered(source, self.blobs):
            raise WrongState("it has been answered")
        problem = Cancelled("by request").problem(source.job_id, None)
        job = self.jobs.cancel(source, problem)
        if job is None:
            state = self.find(source.job_id).state
            raise WrongState(f"it is {state}")
        if job.execution:
            self.executions.cancel(job.execution)
        reporting_run = job.run + 1
        execution = self.executions.report_problem(source, reporting_run, problem)
        self.jobs.queue(source, reporting_run, execution)

    def source(self, name_or_id: str) -> Source:
        """Returns the recording with that name or job id. Raises NotFound.

        Before a run has claimed the job, its id is found only by listing the inbox.
        """
        job = self.jobs.find(name_or_id)
        if job is not None:
            return job.source
        bucket = settings().buckets.inbox
        inbox = f"gs://{bucket}/"
        named = self.blobs.find(inbox + name_or_id)
        candidates = [named] if named else self.blobs.list(inbox)
        for blob in candidates:
            name = blob.uri.removeprefix(inbox)
            source = Source(bucket=bucket, name=name, generation=blob.generation)
            is_meant = name_or_id in (name, source.job_id)
            if is_meant and is_recording(name):
                return source
        raise NotFound(f"there is no job and no recording {name_or_id}")

    def erase(self, bucket: str, name: str) -> int:
        """Delete all generations of a recording and everything computed from them. Returns how many
        generations were known.

        Tombstones are written first: after that no stage starts, and one at work deletes what it
        wrote. Names are removed last, so that an interrupted erasure can be repeated. Executions
        are not cancelled: they call a stage again whose worker was killed, and that call deletes
        what the worker wrote.
        """
        sources = {source.job_id: source for source in self.generations(bucket, name)}
        for source in sources.values():
            self.jobs.erase(source)
            event_log_of(self.jobs).erase(source.job_id)
            BatchStore(self.jobs, None).record_erasure(source.job_id)
        UploadStore(self.jobs.documents, self.jobs.clock).erase(bucket, name)
        for source in sources.values():
            self.blobs.delete(source.uri, source.generation)
            self._delete_edits_file(source)
            delete_prefix(job_uri(source), self.blobs)
            delete_answer(source, self.blobs)
            self.jobs.forget_name(source.job_id)
        return len(sources)

    def _delete_edits_file(self, source: Source) -> None:
        """Delete the corrections in the inbox that finalize has not taken yet, or has refused."""
        found = self.blobs.find(edits_file_name(source.uri))
        if found is not None:
            self.blobs.delete(found.uri, found.generation)

    def generations(self, bucket: str, name: str) -> Iterator[Source]:
        """Yields the generations of a recording that are in the inbox, have a job, or have an
        answer. One may come more than once."""
        recording = self.blobs.find(f"gs://{bucket}/{name}")
        if recording is not None:
            yield Source(bucket=bucket, name=name, generation=recording.generation)
        for job in self.jobs.list_by_object(bucket, name):
            yield job.source
        outbox = settings().buckets.outbox
        folder = f"gs://{outbox}/{name}"
        for answer in answers(folder, self.blobs):
            generation = generation_of(answer)
            if generation:
                yield Source(bucket=bucket, name=name, generation=generation)


def refuse_large_options(options: Mapping[str, JsonValue]) -> None:
    """Raises OptionsRefused if a redrive's options are larger than an options.json may be."""
    content = json.dumps(options)
    if len(content) > MAX_BYTES:
        raise OptionsRefused(f"the options are larger than {MAX_BYTES // 1024} KiB")


def is_under_way(job: Job, executions: Executions) -> bool:
    """Returns whether an execution works on the job, or was started to do so."""
    if job.state not in ("queued", "running") or not job.execution:
        return False
    return executions.is_active(job.execution)


def delete_answer(source: Source, blobs: BlobStore) -> None:
    """Delete the answer to this generation and to earlier ones. A later generation may have been
    answered meanwhile."""
    folder = outbox_folder(source)
    for blob in answers(folder, blobs):
        generation = generation_of(blob)
        if generation <= source.generation:
            blobs.delete(blob.uri, blob.generation)


def answers(folder: str, blobs: BlobStore) -> Iterator[Blob]:
    """Yields the objects directly in a folder. Its subfolders may hold answers of other
    recordings."""
    for blob in blobs.list(f"{folder}/"):
        parent = blob.uri.rpartition("/")[0]
        if parent == folder:
            yield blob
