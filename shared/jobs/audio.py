"""Deletes a job's audio after its answer is written, for recordings with keep-audio=false.

The write that ends the job as done marks the deletion as due, and it is marked as done only after
the last object is gone. If a process dies in between, it stays due: a retry of finalize continues
it, or else reconcile has finalize do so. From that mark on the job cannot be run again.
"""

from shared.jobs.layout import job_uri
from shared.jobs.store import JobStore
from shared.model.contracts import Source
from shared.ports.blobs import BlobStore

WORK_AUDIO_SUFFIX = ".wav"
"""Of the chunks, spans and language samples among a job's objects, and of nothing else."""


def delete_due_audio(source: Source, run: int, blobs: BlobStore, jobs: JobStore) -> bool:
    """Delete the recording and its work audio if that is due. Returns whether it was.

    Of the recording only the job's own generation is deleted.
    """
    job = jobs.find(source.job_id)
    if job is None:
        return False
    is_due = job.run == run and job.audio_deletion == "due"
    if not is_due:
        return False
    delete_work_audio(source, blobs)
    blobs.delete(source.uri, source.generation)
    jobs.mark_audio_deleted(job)
    return True


def delete_work_audio(source: Source, blobs: BlobStore) -> None:
    """Delete the audio among a job's results; what was computed from it stays."""
    for blob in blobs.list(job_uri(source)):
        if blob.uri.endswith(WORK_AUDIO_SUFFIX):
            blobs.delete(blob.uri, blob.generation)
