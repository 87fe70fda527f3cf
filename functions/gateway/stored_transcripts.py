"""Finds the transcripts of jobs in the outbox, in each of their formats."""

from functions.gateway.job_view import formats_of
from shared.jobs.edit_store import GONE
from shared.jobs.inbox import generation_of
from shared.jobs.job import Job
from shared.model.errors import ArtifactMissing, NotDone, TranscriptGone
from shared.model.transcript import Transcript
from shared.ports.blobs import Blob, BlobStore


def transcript_of(job: Job, blobs: BlobStore) -> Blob:
    """Returns transcript.json. Raises NotDone or TranscriptGone."""
    if not formats_of(job):
        raise NotDone(why_not_done(job))
    blob = stored_format(job, "json", blobs)
    if blob is None:
        raise TranscriptGone(GONE)
    return blob


def stored_format(job: Job, format: str, blobs: BlobStore) -> Blob | None:
    """Returns the file of the answer in a format, or None if it is not this recording's, or there
    is none."""
    if format not in job.results:
        return None
    blob = blobs.find(job.results[format])
    if blob is None or generation_of(blob) != job.source.generation:
        return None
    return blob


def why_not_done(job: Job) -> str:
    """Returns why a job has no transcript."""
    if job.state == "failed" and job.problem is not None:
        return f"The job failed: {job.problem.title}"
    if job.state == "cancelled":
        return "The job was cancelled."
    return "The job has not ended."


def read_format(job: Job, format: str, blobs: BlobStore) -> bytes:
    """Returns a file of the answer. Raises NotDone or TranscriptGone."""
    transcript_of(job, blobs)
    blob = stored_format(job, format, blobs)
    if blob is None:
        raise TranscriptGone(GONE)
    return read_blob(blob, blobs)


def read_blob(blob: Blob, blobs: BlobStore) -> bytes:
    """Returns the content of a file of the answer. Raises TranscriptGone."""
    try:
        return blobs.read(blob.uri, blob.generation)
    except ArtifactMissing as error:
        raise TranscriptGone(GONE) from error


def read_transcript_of(job: Job, blobs: BlobStore) -> Transcript:
    """Returns the transcript of a job. Raises NotDone or TranscriptGone."""
    blob = transcript_of(job, blobs)
    return parse_transcript(blob, blobs)


def parse_transcript(blob: Blob, blobs: BlobStore) -> Transcript:
    """Returns the transcript in a transcript.json. Raises TranscriptGone."""
    content = read_blob(blob, blobs)
    return Transcript.model_validate_json(content)
