"""The route of a recording's peaks: the outline of its sound, for drawing it."""

from typing import Any

from fastapi import APIRouter, Request, Response

from functions.gateway.access import Reader
from functions.gateway.deployment import InDeployment
from functions.gateway.downloads import (
    body,
    common_headers,
    entity_tag,
    is_known,
    not_modified,
    source_of,
    whole,
)
from functions.gateway.file_names import base_name, content_disposition, with_ending
from functions.gateway.job_access import standing_job
from functions.gateway.openapi import problems
from functions.gateway.routes.jobs import JobId
from functions.gateway.stored_transcripts import transcript_of
from shared.jobs.edit_store import GONE
from shared.jobs.inbox import generation_of
from shared.jobs.job import Job
from shared.jobs.layout import outbox_folder
from shared.model.errors import (
    ArtifactMissing,
    NotDone,
    NotFound,
    RecordingErased,
    TranscriptGone,
)
from shared.model.formats import BYTES, PEAKS_FILE
from shared.ports.blobs import Blob, BlobStore

router = APIRouter(tags=["jobs"], prefix="/api/v1/jobs")

DESCRIPTION = (
    "One byte for each tenth of a second: the largest absolute sample, from 0 (silence) to 255 "
    "(full scale)."
)
BINARY: dict[str, Any] = {BYTES: {"schema": {"type": "string", "format": "binary"}}}
DECLARED: dict[int | str, dict[str, Any]] = {
    200: {"description": DESCRIPTION, "content": BINARY},
    304: {"description": "The client has them: their ETag is in If-None-Match."},
    **problems(NotFound, NotDone, RecordingErased, TranscriptGone),
}
NO_PEAKS = (
    "This transcript has no peaks, because an earlier version of Dropscribe made it. A redrive "
    "makes them, as long as the recording is there."
)


@router.get("/{job_id}/peaks", response_class=Response, responses=DECLARED)
def read_peaks(job_id: JobId, request: Request, caller: Reader, stores: InDeployment) -> Response:
    """Read the peaks of the recording's sound, of which there are ten a second.

    They stay as long as the transcript. Of channels that were transcribed on their own, each is
    that of the loudest.
    """
    job = standing_job(job_id, caller, stores.jobs)
    blob = peaks_of(job, stores.blobs)
    file_name = with_ending(base_name(job.source.name), ".peaks.bin")
    disposition = content_disposition("attachment", file_name)
    headers = common_headers(blob, disposition)
    if is_known(request, entity_tag(blob)):
        return not_modified(headers)
    try:
        file = stores.blobs.open(source_of(blob))
    except ArtifactMissing as error:
        raise TranscriptGone(GONE) from error
    return body(file, whole(blob), headers, BYTES, 200)


def peaks_of(job: Job, blobs: BlobStore) -> Blob:
    """Returns the peaks beside the transcript. Raises NotDone, NotFound or TranscriptGone."""
    transcript_of(job, blobs)
    folder = outbox_folder(job.source)
    blob = blobs.find(f"{folder}/{PEAKS_FILE}")
    if blob is None or generation_of(blob) != job.source.generation:
        raise NotFound(NO_PEAKS)
    return blob
