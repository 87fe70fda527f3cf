"""The route of transcripts, in every format in which there is one."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from functions.gateway.access import Reader
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
from functions.gateway.file_names import base_name, content_disposition, with_ending
from functions.gateway.job_access import standing_job
from functions.gateway.openapi import problems
from functions.gateway.routes.jobs import JobId
from functions.gateway.stored_transcripts import GONE, transcript_of
from shared.jobs.job import Job
from shared.model.errors import (
    ArtifactMissing,
    NotDone,
    NotFound,
    RecordingErased,
    TranscriptGone,
)
from shared.model.formats import BINARY, FORMATS, JSON, TRANSCRIPT, Format

router = APIRouter(tags=["jobs"], prefix="/api/v1/jobs")

ALL_FORMATS: dict[str, Format] = {"json": TRANSCRIPT, **FORMATS}
"""Formats by their names in addresses."""
EXAMPLE = {"text": "Good morning.", "segments": [{"start": 0.5, "end": 1.4, "speaker": "S1"}]}
SCHEMAS: dict[str, dict[str, Any]] = {
    JSON: {"type": "object", "examples": [EXAMPLE]},
    **{kind: {"type": "string", "format": "binary"} for kind in BINARY},
}
"""Schemas of the bodies by their content types. docs/contracts/ has that of the transcript."""
TEXT_SCHEMA = {"type": "string"}
CONTENT_TYPES = {format.content_type.partition(";")[0] for format in ALL_FORMATS.values()}
CONTENT = {kind: {"schema": SCHEMAS.get(kind, TEXT_SCHEMA)} for kind in sorted(CONTENT_TYPES)}
DECLARED: dict[int | str, dict[str, Any]] = {
    200: {"description": "The transcript.", "content": CONTENT},
    304: {"description": "The client has it: its ETag is in If-None-Match."},
    **problems(NotFound, NotDone, RecordingErased, TranscriptGone),
}

FormatName = Annotated[str, Query(json_schema_extra={"enum": list(ALL_FORMATS)})]


@router.head(
    "/{job_id}/transcript",
    response_class=Response,
    responses=DECLARED,
    operation_id="read_transcript_headers",
)
@router.get("/{job_id}/transcript", response_class=Response, responses=DECLARED)
def read_transcript(
    job_id: JobId,
    request: Request,
    caller: Reader,
    stores: InDeployment,
    format: FormatName = "json",
) -> Response:
    """Read the transcript in one of the formats that the job lists.

    Its ETag changes with each run. A transcript of an earlier run is read until another run is
    asked for.
    """
    job = standing_job(job_id, caller, stores.jobs)
    blob = transcript_of(job, format, stores.blobs)
    kind = ALL_FORMATS[format]
    disposition = content_disposition("attachment", download_name(job, kind))
    headers = common_headers(blob, disposition)
    if is_known(request, entity_tag(blob)):
        return not_modified(headers)
    if request.method == "HEAD":
        return head(headers, kind.content_type, blob.size)
    try:
        file = stores.blobs.open(source_of(blob))
    except ArtifactMissing as error:
        raise TranscriptGone(GONE) from error
    return body(file, whole(blob), headers, kind.content_type, 200)


def download_name(job: Job, format: Format) -> str:
    """Returns the name of a downloaded transcript: `call.srt` for `folder/call.wav`."""
    ending = format.file_name.removeprefix("transcript")
    return with_ending(base_name(job.source.name), ending)
