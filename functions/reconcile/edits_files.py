"""Has finalize take files of edits in the inbox whose execution died or was never started."""

from collections.abc import Iterable
from datetime import datetime

from functions.reconcile.active import ActiveExecutions
from functions.reconcile.starts import Starts
from shared.jobs.inbox import edited_recording, is_edits_file
from shared.jobs.layout import outbox_folder
from shared.model.contracts import Source
from shared.model.formats import EDITS_PROBLEM_FILE
from shared.ports.blobs import Blob, BlobStore
from shared.settings import settings


def take_left_edits(
    page: Iterable[Blob],
    before: datetime,
    blobs: BlobStore,
    starts: Starts,
    active: ActiveExecutions,
) -> None:
    """Start an execution for each file of edits on a page of the inbox that was put there before
    then, that was not refused, and that no execution works on."""
    for blob in page:
        if starts.are_used_up:
            return
        if not is_edits_file(blob.name) or blob.created > before:
            continue
        file = Source(bucket=settings().buckets.inbox, name=blob.name, generation=blob.generation)
        with starts.survived(file.job_id):
            if not active.is_worked_on(file) and not was_refused(file, blobs):
                starts.executions.start(file, 1)
                starts.started += 1


def was_refused(file: Source, blobs: BlobStore) -> bool:
    """Returns whether finalize has refused the file, and has written the reason beside the
    answer."""
    name = edited_recording(file.name)
    recording = file.model_copy(update={"name": name})
    problem = blobs.find(f"{outbox_folder(recording)}/{EDITS_PROBLEM_FILE}")
    if problem is None:
        return False
    return problem.metadata.get("dropscribe-revision") == str(file.generation)
