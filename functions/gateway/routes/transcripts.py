"""The route of transcripts, in every format, with the edits in force."""

import io
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from functions.gateway.access import Reader
from functions.gateway.byte_ranges import ByteRange
from functions.gateway.deployment import Deployment, InDeployment
from functions.gateway.downloads import (
    body,
    common_headers,
    head,
    is_known,
    not_modified,
    source_of,
    whole,
)
from functions.gateway.drawn_transcripts import (
    ALL_FORMATS,
    FoundTranscript,
    TranscriptQuery,
    draw,
    find_transcript,
)
from functions.gateway.file_names import base_name, content_disposition, with_ending
from functions.gateway.job_access import standing_job
from functions.gateway.openapi import problems
from functions.gateway.routes.jobs import JobId
from functions.gateway.transcript_threads import InTranscriptThreads
from shared.jobs.edit_store import GONE
from shared.jobs.job import Job
from shared.model.errors import (
    ArtifactMissing,
    BadOption,
    NotDone,
    NotFound,
    RecordingErased,
    TranscriptGone,
)
from shared.model.formats import BINARY, JSON, Format

router = APIRouter(tags=["jobs"], prefix="/api/v1/jobs")

EXAMPLE = {"text": "Good morning.", "segments": [{"start": 0.5, "end": 1.4, "speaker": "S1"}]}
TEXT = {"schema": {"type": "string"}}
BODIES: dict[str, dict[str, Any]] = {
    JSON: {"schema": {"type": "object", "examples": [EXAMPLE]}},
    **{kind: {"schema": {"type": "string", "format": "binary"}} for kind in BINARY},
}
"""Declarations of the bodies by their content types. docs/contracts/ has that of the transcript."""
CONTENT_TYPES = {format.content_type.partition(";")[0] for format in ALL_FORMATS.values()}
CONTENT = {kind: BODIES.get(kind, TEXT) for kind in sorted(CONTENT_TYPES)}
DECLARED: dict[int | str, dict[str, Any]] = {
    200: {"description": "The transcript.", "content": CONTENT},
    304: {"description": "The client has it: its ETag is in If-None-Match."},
    **problems(NotFound, NotDone, RecordingErased, TranscriptGone, BadOption),
}


@router.head(
    "/{job_id}/transcript",
    response_class=Response,
    responses=DECLARED,
    operation_id="read_transcript_headers",
)
@router.get("/{job_id}/transcript", response_class=Response, responses=DECLARED)
async def read_transcript(
    job_id: JobId,
    request: Request,
    caller: Reader,
    stores: InDeployment,
    threads: InTranscriptThreads,
    query: Annotated[TranscriptQuery, Query()],
) -> Response:
    """Read the transcript in any format, with its edits, or without them (`original`).

    `json` is transcript.json as the models made it, with the ids that edits refer to; edits never
    change it. Options of captions that are not given are those of the job. The ETag changes with
    each run, with the edits, and with the parameters. A transcript of an earlier run is read until
    another run is asked for.
    """
    job = await run_in_threadpool(standing_job, job_id, caller, stores.jobs)
    found = await run_in_threadpool(find_transcript, job, query, stores.blobs)
    kind = ALL_FORMATS[query.format]
    disposition = content_disposition("attachment", download_name(job, kind))
    headers = common_headers(found.blob, disposition)
    if found.is_stored:
        return await run_in_threadpool(stored, request, found, headers, kind, stores)
    headers["ETag"] = found.etag(query)
    if is_known(request, headers["ETag"]):
        return not_modified(headers)
    if request.method == "HEAD":
        return StreamingResponse(iter(()), headers=headers, media_type=kind.content_type)
    drawing = partial(draw, found, query, stores.blobs)
    content = await threads.run(found.blob.size, drawing)
    part = ByteRange(0, len(content) - 1)
    return body(io.BytesIO(content), part, headers, kind.content_type, 200)


def stored(
    request: Request,
    found: FoundTranscript,
    headers: dict[str, str],
    kind: Format,
    stores: Deployment,
) -> Response:
    """Returns the response with a file of the answer. Raises TranscriptGone."""
    blob = found.blob
    if is_known(request, headers["ETag"]):
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
