"""Finds the transcripts of jobs in the outbox, in each of their formats."""

from functions.gateway.job_view import formats_of
from shared.jobs.inbox import generation_of
from shared.jobs.job import Job
from shared.model.errors import ArtifactMissing, NotDone, NotFound, TranscriptGone
from shared.model.transcript import Transcript
from shared.ports.blobs import Blob, BlobStore

GONE = "It was deleted, or replaced by the answer to a newer recording of the same name."


def transcript_of(job: Job, format: str, blobs: BlobStore) -> Blob:
    """Returns the transcript in a format. Raises NotDone, NotFound or TranscriptGone."""
    formats = formats_of(job)
    if not formats:
        raise NotDone(why_not_done(job))
    if format not in formats:
        raise NotFound(f"The transcript has not that format. It has {', '.join(formats)}.")
    blob = blobs.find(job.results[format])
    if blob is None or generation_of(blob) != job.source.generation:
        raise TranscriptGone(GONE)
    return blob


def why_not_done(job: Job) -> str:
    """Returns why a job has no transcript."""
    if job.state == "failed" and job.problem is not None:
        return f"The job failed: {job.problem.title}"
    if job.state == "cancelled":
        return "The job was cancelled."
    return "The job has not ended."


def read_format(job: Job, format: str, blobs: BlobStore) -> bytes:
    """Returns the transcript in a format. Raises NotDone, NotFound or TranscriptGone."""
    blob = transcript_of(job, format, blobs)
    try:
        return blobs.read(blob.uri, blob.generation)
    except ArtifactMissing as error:
        raise TranscriptGone(GONE) from error


def read_transcript_of(job: Job, blobs: BlobStore) -> Transcript:
    """Returns the transcript of a job. Raises NotDone or TranscriptGone."""
    content = read_format(job, "json", blobs)
    return Transcript.model_validate_json(content)
