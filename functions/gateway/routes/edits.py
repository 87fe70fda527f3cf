"""The routes of edits: what people correct in a transcript."""

import re
from functools import partial
from typing import Annotated, Any, NamedTuple

from fastapi import APIRouter, Header, Response
from fastapi.concurrency import run_in_threadpool

from functions.gateway.access import Caller, Reader, Transcriber
from functions.gateway.deployment import Deployment, InDeployment
from functions.gateway.job_access import standing_job
from functions.gateway.known_ids import KnownIds
from functions.gateway.openapi import problems
from functions.gateway.routes.jobs import JobId
from functions.gateway.stored_transcripts import transcript_of
from functions.gateway.transcript_threads import InTranscriptThreads
from shared.jobs.edit_store import refuse_outdated, repeated
from shared.jobs.job import Job
from shared.model.edits import Edits, TranscriptIds, unknown_ids
from shared.model.edits_api import EditsView, view_of
from shared.model.errors import (
    EditsOutdated,
    EditsRefused,
    IfMatchMissing,
    NotDone,
    NotFound,
    RecordingErased,
    TranscriptGone,
    WorkflowRefused,
)
from shared.ports.blobs import Blob

router = APIRouter(tags=["jobs"], prefix="/api/v1/jobs")

ETAG = re.compile(r'(?:W/)?"([0-9]{1,9})-([0-9]{1,9})"')
"""The ETag of edits: the run that wrote the transcript, and the revision. Something on its way may
have made it a weak one."""
ETAG_HEADER: dict[str, Any] = {
    "ETag": {"description": "The revision.", "schema": {"type": "string"}},
}
IfMatch = Annotated[
    str | None,
    Header(max_length=200, description="The ETag of the edits that are replaced."),
]


class Revision(NamedTuple):
    """Which edits a request changes."""

    base: int
    number: int


NO_REVISION = Revision(0, 0)


@router.get(
    "/{job_id}/edits",
    response_description="The edits that are in force.",
    responses={
        200: {"headers": ETAG_HEADER},
        **problems(NotFound, NotDone, RecordingErased, TranscriptGone),
    },
)
def read_edits(
    job_id: JobId, response: Response, caller: Reader, stores: InDeployment
) -> EditsView:
    """Show what was corrected in the transcript of a job. Without edits, the revision is 0.

    The ETag is needed to change them.
    """
    job = standing_job(job_id, caller, stores.jobs)
    transcript_of(job, stores.blobs)
    found = stores.edits.find(job)
    response.headers["ETag"] = found.etag
    return view_of(found.base, found.current, is_drawn=found.is_drawn)


@router.put(
    "/{job_id}/edits",
    response_description="The edits in their new revision.",
    responses={
        200: {"headers": ETAG_HEADER},
        **problems(
            NotFound,
            NotDone,
            RecordingErased,
            TranscriptGone,
            EditsOutdated,
            EditsRefused,
            WorkflowRefused,
            IfMatchMissing,
        ),
    },
)
async def save_edits(
    job_id: JobId,
    edits: Edits,
    response: Response,
    caller: Transcriber,
    stores: InDeployment,
    threads: InTranscriptThreads,
    if_match: IfMatch = None,
) -> EditsView:
    """Replace the edits of a transcript: all of them, so send those that stay, too.

    `If-Match` has the ETag of the edits that were read. If others were saved meanwhile, the answer
    is 412 with the ETag of those. The files of the answer are drawn anew soon afterwards; `GET
    transcript` has the edits at once. The request may be repeated.
    """
    revision = asked_revision(if_match)
    job, transcript = await run_in_threadpool(find_answered, job_id, caller, stores)
    known_ids = threads.known_ids
    saving = partial(save, job, transcript, edits, revision, stores, known_ids)
    view = await threads.run(transcript.size, saving)
    response.headers["ETag"] = view.etag
    return view


def asked_revision(if_match: str | None) -> Revision:
    """Returns the revision that a request changes: one that there never is if the ETag is none of
    ours. Raises IfMatchMissing."""
    if if_match is None:
        raise IfMatchMissing("Send the ETag of the edits in If-Match.")
    found = ETAG.fullmatch(if_match.strip())
    return Revision(int(found[1]), int(found[2])) if found else NO_REVISION


def find_answered(job_id: str, caller: Caller, stores: Deployment) -> tuple[Job, Blob]:
    """Returns a job that has a transcript, and its transcript.json."""
    job = standing_job(job_id, caller, stores.jobs)
    return job, transcript_of(job, stores.blobs)


def save(
    job: Job,
    transcript: Blob,
    edits: Edits,
    revision: Revision,
    stores: Deployment,
    known_ids: KnownIds,
) -> EditsView:
    """Returns the edits as they were saved. Raises EditsOutdated or EditsRefused."""
    found = stores.edits.find(job)
    if repeated(found, edits, *revision) is None:
        refuse_outdated(found, *revision)
        refuse_unknown(edits, known_ids.of(transcript, stores.blobs))
    saved = stores.edits.save(job, edits, *revision)
    return view_of(revision.base, saved, is_drawn=False)


def refuse_unknown(edits: Edits, ids: TranscriptIds) -> None:
    """Raises EditsRefused if the transcript lacks an id."""
    reasons = unknown_ids(edits, ids)
    if reasons:
        raise EditsRefused("; ".join(reasons))
