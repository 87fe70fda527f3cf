"""The route of recordings, whole or in ranges, as players ask for them."""

from typing import Any, BinaryIO

from fastapi import APIRouter, Request, Response

from functions.gateway.access import Reader
from functions.gateway.byte_ranges import ByteRange, requested_range
from functions.gateway.deployment import InDeployment
from functions.gateway.downloads import (
    body,
    common_headers,
    entity_tag,
    head,
    is_known,
    not_modified,
    source_of,
    whole,
)
from functions.gateway.file_names import (
    ANY_TYPE,
    TYPES,
    base_name,
    content_disposition,
    recording_type,
)
from functions.gateway.job_access import standing_job
from functions.gateway.openapi import problems
from functions.gateway.problems import problem_response
from functions.gateway.routes.jobs import JobId
from shared.jobs.job import Job
from shared.model.errors import (
    ArtifactMissing,
    AudioDeleted,
    ContentUnreadable,
    NotFound,
    RangeOutside,
    RecordingErased,
    RecordingGone,
)
from shared.ports.blobs import Blob, BlobStore

router = APIRouter(tags=["jobs"], prefix="/api/v1/jobs")

CONTENT: dict[str, Any] = {content_type: {} for content_type in sorted({*TYPES.values(), ANY_TYPE})}
DECLARED: dict[int | str, dict[str, Any]] = {
    200: {"description": "The recording.", "content": CONTENT},
    206: {"description": "A range of the recording.", "content": CONTENT},
    304: {"description": "The client has it: its ETag is in If-None-Match."},
    **problems(
        NotFound, RecordingErased, AudioDeleted, RecordingGone, ContentUnreadable, RangeOutside
    ),
}
GONE = "It was deleted, or replaced by a newer recording of the same name."


@router.head(
    "/{job_id}/audio",
    response_class=Response,
    responses=DECLARED,
    operation_id="read_audio_headers",
)
@router.get("/{job_id}/audio", response_class=Response, responses=DECLARED)
def read_audio(job_id: JobId, request: Request, caller: Reader, stores: InDeployment) -> Response:
    """Read the recording, or a range of it.

    Of several ranges, and of one that is not understood, the answer is the whole recording.
    """
    job = standing_job(job_id, caller, stores.jobs)
    blob = recording_of(job, stores.blobs)
    disposition = content_disposition("inline", base_name(job.source.name))
    headers = {**common_headers(blob, disposition), "Accept-Ranges": "bytes"}
    content_type = recording_type(job.source.name)
    if is_known(request, entity_tag(blob)):
        return not_modified(headers)
    if request.method == "HEAD":
        return head(headers, content_type, blob.size)
    try:
        part = range_of(request, blob)
    except RangeOutside as error:
        return outside(request, error, blob)
    file = open_recording(blob, stores.blobs)
    if part is None:
        return body(file, whole(blob), headers, content_type, 200)
    headers["Content-Range"] = f"bytes {part.first}-{part.last}/{blob.size}"
    return body(file, part, headers, content_type, 206)


def recording_of(job: Job, blobs: BlobStore) -> Blob:
    """Returns the job's generation of its recording. Raises AudioDeleted or RecordingGone."""
    if job.audio_deletion is not None:
        raise AudioDeleted("The transcript stays.")
    blob = blobs.find(job.source.uri)
    if blob is None or blob.generation != job.source.generation:
        raise RecordingGone(GONE)
    return blob


def open_recording(blob: Blob, blobs: BlobStore) -> BinaryIO:
    """Returns the recording as a file. Raises RecordingGone."""
    try:
        return blobs.open(source_of(blob))
    except ArtifactMissing as error:
        raise RecordingGone(GONE) from error


def range_of(request: Request, blob: Blob) -> ByteRange | None:
    """Returns the range that is asked for, or None for all of it, as after If-Range with the ETag
    of another recording. Raises RangeOutside."""
    expected = request.headers.get("If-Range")
    if expected not in (None, entity_tag(blob)):
        return None
    return requested_range(request.headers.get("Range", ""), blob.size)


def outside(request: Request, error: RangeOutside, blob: Blob) -> Response:
    """Returns the answer that says how large the recording is."""
    problem = error.problem(None, "gateway")
    return problem_response(request, problem, {"Content-Range": f"bytes */{blob.size}"})
