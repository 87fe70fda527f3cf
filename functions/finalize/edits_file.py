"""Takes edits from a file in the inbox: `NAME.edits.json` corrects the transcript of `NAME`.

The file becomes the next revision and is deleted, so that an event that is delivered twice, or
late, changes nothing more. A file that is refused stays, and edits-problem.json beside the answer
says why.
"""

import logging

from pydantic import ValidationError

from functions.finalize.answer.outbox import AnswerVersion, delete_object, put_object
from functions.finalize.drawing import draw_edits, read_transcript
from shared.jobs.due_edits import record_due
from shared.jobs.edit_store import (
    FoundEdits,
    delete_saved,
    find_edits,
    next_revision,
    put_edits,
    refuse_outdated,
)
from shared.jobs.inbox import edited_recording
from shared.jobs.job import Job
from shared.jobs.store import JobStore
from shared.model.contracts import Finalized, Source
from shared.model.edits import MAX_EDITS_BYTES, EditsFile, ids_of, unknown_ids
from shared.model.errors import (
    ArtifactMissing,
    EditsOutdated,
    EditsRefused,
    Permanent,
    RecordingErased,
    StageBusy,
    StorageUnavailable,
    TranscriptGone,
)
from shared.model.formats import EDITS_PROBLEM_FILE
from shared.ports.blobs import Blob, BlobStore

log = logging.getLogger(__name__)

TRIES = 5
"""Writes of edits that others may overtake before one is given up."""
REPORTED = 5
"""Errors in a file that its problem lists."""


def take_edits_file(file: Source, blobs: BlobStore, jobs: JobStore) -> Finalized:
    """Saves and draws the edits of a file, and deletes it. It can be repeated.

    Returns the state "superseded" if the file is gone or was replaced, and "failed" if it was
    refused.
    """
    found = blobs.find(file.uri)
    if found is None or found.generation != file.generation:
        return Finalized(job_id=file.job_id, state="superseded")
    job = corrected_job(file, blobs, jobs)
    if job is None:
        return refuse(file, None, EditsRefused("there is no transcript of this recording"), blobs)
    try:
        save_file(file, found, job, blobs, jobs)
    except (EditsRefused, EditsOutdated) as error:
        return refuse(file, job, error, blobs)
    finalized = draw_edits(job.source, blobs, jobs)
    if finalized.state == "done":
        delete_object(job.source, job.run, EDITS_PROBLEM_FILE, blobs)
    blobs.delete(file.uri, file.generation)
    return finalized


def corrected_job(file: Source, blobs: BlobStore, jobs: JobStore) -> Job | None:
    """Returns the job of the newest recording of the name that has a transcript, or None."""
    name = edited_recording(file.name)
    same_name = jobs.list_by_object(file.bucket, name)
    newest_first = sorted(same_name, key=lambda job: job.source.generation, reverse=True)
    for job in newest_first:
        if job.state == "erased":
            continue
        try:
            find_edits(job.source, blobs)
        except TranscriptGone:
            continue
        return job
    return None


def save_file(file: Source, blob: Blob, job: Job, blobs: BlobStore, jobs: JobStore) -> None:
    """Saves the edits of the file as the next revision, unless they are in force.

    Raises EditsRefused, EditsOutdated, or StageBusy if a new run takes the edits over just now.
    """
    wanted = read_file(file, blob, blobs)
    edits = wanted.edits
    transcript = read_transcript(job.source, blobs)
    reasons = unknown_ids(edits, ids_of(transcript))
    if reasons:
        raise EditsRefused("; ".join(reasons))
    if job.is_carrying_edits:
        raise StageBusy("a new run is about to replace the transcript")
    for _ in range(TRIES):
        found = find_edits(job.source, blobs)
        if found.base != transcript.job.run:
            raise StageBusy("a new run has just replaced the transcript")
        if found.current is not None and found.current.edits == edits:
            record_saved(job.source, found.revision, blobs, jobs)
            return
        refuse_old(wanted, found)
        stored = next_revision(found, edits, jobs)
        if put_edits(job.source, stored, found, blobs):
            record_saved(job.source, stored.revision, blobs, jobs)
            return
    raise StorageUnavailable(f"other writers overtook {TRIES} writes of edits")


def refuse_old(wanted: EditsFile, found: FoundEdits) -> None:
    """Raises EditsOutdated if the file says that it changes another revision than the newest."""
    if wanted.base is None or wanted.revision is None:
        return
    refuse_outdated(found, wanted.base, wanted.revision)


def record_saved(source: Source, revision: int, blobs: BlobStore, jobs: JobStore) -> None:
    """Makes the drawing of the revision due.

    Raises StageBusy if a new run takes the edits over just now, and RecordingErased, after the
    edits were deleted, if the recording was erased meanwhile.
    """
    due = record_due(source.job_id, revision, jobs)
    if due is None:
        delete_saved(source, blobs)
        raise RecordingErased("the recording was erased meanwhile")
    if due.is_carrying_edits:
        raise StageBusy("a new run is about to replace the transcript")


def read_file(file: Source, blob: Blob, blobs: BlobStore) -> EditsFile:
    """Returns the edits in the file. Raises EditsRefused."""
    if blob.size > MAX_EDITS_BYTES:
        raise EditsRefused(f"the file is larger than {MAX_EDITS_BYTES // 1024**2} MiB")
    try:
        content = blobs.read(file.uri, file.generation)
    except ArtifactMissing as error:
        raise StorageUnavailable("the file was replaced meanwhile") from error
    try:
        return EditsFile.model_validate_json(content)
    except ValidationError as error:
        raise EditsRefused(errors_of(error)) from error


def errors_of(error: ValidationError) -> str:
    """Returns where the first errors are and what is wrong, without what was written there."""
    reasons = []
    for found in error.errors(include_input=False, include_url=False)[:REPORTED]:
        place = ".".join(map(str, found["loc"]))
        message = found["msg"]
        reasons.append(f"{place}: {message}" if place else message)
    return "; ".join(reasons)


def refuse(file: Source, job: Job | None, error: Permanent, blobs: BlobStore) -> Finalized:
    """Writes why the file was not taken beside the answer, if there is one, and logs its type."""
    job_id = job.job_id if job else file.job_id
    problem = error.problem(job_id, "finalize")
    log.warning("edits refused", extra={"job_id": job_id, "problem": problem.type})
    recording = recording_of(file, job)
    version = AnswerVersion(recording.generation, job.run if job else 1, file.generation)
    content = problem.model_dump_json(indent=1).encode()
    put_object(recording, version, EDITS_PROBLEM_FILE, content, blobs)
    return Finalized(job_id=job_id, state="failed")


def recording_of(file: Source, job: Job | None) -> Source:
    """Returns the recording that the file is about. Without a transcript of one, it has the
    earliest generation, so that any erasure of the name deletes the problem."""
    if job is not None:
        return job.source
    name = edited_recording(file.name)
    return Source(bucket=file.bucket, name=name, generation=1)
