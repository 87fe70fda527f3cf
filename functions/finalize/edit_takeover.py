"""Takes the edits of a recording's transcript over to the transcript of a later run.

The job records first that this happens, and no edit is saved from then on until the run has ended.
The edits of the former transcript stay in the work bucket until the next save, so a run that dies
before its transcript is written has changed nothing.
"""

from datetime import UTC, datetime

from functions.finalize.answer.carried_edits import carry_over
from functions.finalize.answer.outbox import AnswerVersion, version_at
from functions.finalize.drawing import read_transcript
from shared.jobs.due_edits import record_carrying
from shared.jobs.edit_store import FoundEdits, find_edits, put_edits
from shared.jobs.store import JobStore
from shared.model.contracts import Source
from shared.model.edits import StoredEdits
from shared.model.errors import StorageUnavailable
from shared.model.formats import TRANSCRIPT
from shared.model.transcript import Transcript
from shared.ports.blobs import BlobStore

TRIES = 5
"""Writes of the former edits that others may overtake before one is given up."""


def take_over_edits(
    source: Source, transcript: Transcript, blobs: BlobStore, jobs: JobStore
) -> StoredEdits | None:
    """Returns the edits of the new transcript, which is not written yet, or None if there are
    none."""
    run = transcript.job.run
    if run == 1:
        return None  # there was no transcript to edit
    own_version = AnswerVersion(source.generation, run)
    standing = version_at(source, TRANSCRIPT.file_name, blobs)
    if standing.generation != source.generation:
        return None
    if standing >= own_version:
        return find_edits(source, blobs).current  # this call is a retry, or comes too late
    record_carrying(source.job_id, run, jobs)
    former = keep_former(source, blobs)
    if former is None:
        return None
    now = datetime.fromtimestamp(jobs.clock(), UTC)
    former_transcript = read_transcript(source, blobs)
    return carry_over(former_transcript, former, transcript, now)


def keep_former(source: Source, blobs: BlobStore) -> StoredEdits | None:
    """Returns the current edits, after they were copied to the work bucket if they are only beside
    the answer: this run is about to write its own there."""
    for _ in range(TRIES):
        found = find_edits(source, blobs)
        if found.current is None or is_kept(found):
            return found.current
        put_edits(source, found.current, found, blobs)
    raise StorageUnavailable(f"other writers overtook {TRIES} writes of edits")


def is_kept(found: FoundEdits) -> bool:
    """Returns whether the work bucket has the current edits."""
    return found.saved == found.current
