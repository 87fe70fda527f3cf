"""Routes that take recordings, or say where to upload them."""

from typing import Annotated

from fastapi import APIRouter, Header, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import RedirectResponse

from functions.gateway.access import Writer
from functions.gateway.deployment import InDeployment
from functions.gateway.job_view import current_view
from functions.gateway.openapi import Responses, problems
from functions.gateway.recording_form import asked_upload, read_form, refuse_archive
from functions.gateway.same_origin import is_own_page
from functions.gateway.storage_reach import refuse_unreachable_storage
from functions.gateway.upload_checks import AskedUpload, checked_upload
from functions.gateway.upload_form_schema import form_body
from functions.gateway.uploading import OpenUpload, store_form, uploading
from shared.jobs.job import Job
from shared.jobs.upload_store import UploadRecord
from shared.model.api import JobView, UploadRequest, UploadSession, UploadView
from shared.model.api_paths import job_path
from shared.model.errors import (
    BodyTooLarge,
    EmptyRecording,
    KeyReused,
    NameTaken,
    NotAudio,
    NotFound,
    RecordingErased,
    RecordingTooLarge,
    StorageOutOfReach,
    UploadGone,
    UploadRefused,
)
from shared.settings import settings

router = APIRouter(tags=["uploads"], prefix="/api/v1")

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[\x21-\x7e]{1,255}$",
        description="Any text. A request that is repeated with it makes no second job.",
    ),
]
CONFLICTS = (NameTaken, RecordingErased, UploadRefused, KeyReused)
TO_JOB: Responses = {303: {"description": "The upload is complete. `Location` is its job."}}
REPEATED_FORM: Responses = {
    200: {"model": JobView, "description": "The job of the first such request."}
}
REPEATED_REQUEST: Responses = {
    200: {"model": UploadSession, "description": "A further address for the same upload."}
}


@router.post(
    "/jobs/upload",
    status_code=202,
    response_model=JobView,
    response_description="The recording is stored, and its job is queued.",
    responses={
        **problems(*CONFLICTS, BodyTooLarge, RecordingTooLarge, EmptyRecording, NotAudio),
        **REPEATED_FORM,
    },
    openapi_extra={"requestBody": form_body()},
)
async def upload_recording(
    request: Request,
    response: Response,
    caller: Writer,
    stores: InDeployment,
    idempotency_key: IdempotencyKey = None,
) -> JobView:
    """Upload a recording in one request. Its options are fields of the form."""
    async with read_form(request) as form:
        await run_in_threadpool(refuse_archive, form.file)
        asked = asked_upload(form)
        job, is_new = await run_in_threadpool(
            store_form, form, asked, caller, stores, idempotency_key
        )
    response.status_code = 202 if is_new else 200
    response.headers["Location"] = job_path(job.job_id)
    return await run_in_threadpool(current_view, job, stores)


@router.post(
    "/uploads",
    status_code=201,
    response_model=UploadSession,
    response_description="An address to which the recording is uploaded.",
    responses={
        **problems(*CONFLICTS, StorageOutOfReach, RecordingTooLarge),
        **REPEATED_REQUEST,
        **TO_JOB,
    },
)
def begin_upload(
    asked: UploadRequest,
    request: Request,
    response: Response,
    caller: Writer,
    stores: InDeployment,
    idempotency_key: IdempotencyKey = None,
) -> UploadSession | Response:
    """Ask for an address of Cloud Storage's, to which a recording of any size is uploaded in parts.

    The job begins when all bytes have arrived. A request that is repeated with its Idempotency-Key
    gets another address for the same upload, or is sent to the job if there is one.
    """
    refuse_unreachable_storage(request)
    fields = asked.model_dump()
    recording = checked_upload(AskedUpload(**fields), caller, stores.blobs)
    origin = page_origin(request)
    opened = uploading(stores).open(recording, caller, idempotency_key, origin)
    if isinstance(opened, Job):
        return to_job(opened)
    session = session_of(opened, recording.content_type)
    response.status_code = 201 if opened.is_new else 200
    response.headers["Location"] = session.upload_status
    return session


@router.get(
    "/uploads/{upload_id}",
    response_model=UploadView,
    response_description="The upload is not complete.",
    responses={**problems(NotFound, UploadGone, RecordingErased), **TO_JOB},
)
def read_upload(upload_id: str, caller: Writer, stores: InDeployment) -> UploadView | Response:
    """Ask whether an upload is complete. If it is, the answer leads to its job."""
    found = uploading(stores).look(upload_id, caller)
    if isinstance(found, Job):
        return to_job(found)
    return view_of(found)


def page_origin(request: Request) -> str | None:
    """Returns the origin of the web page that sent a request, if it is the gateway's own or one
    that the settings name."""
    origin = request.headers.get("Origin")
    allowed = settings().gateway.cors_origins
    may_upload = origin in allowed or is_own_page(request)
    return origin if may_upload else None


def to_job(job: Job) -> Response:
    return RedirectResponse(job_path(job.job_id), status_code=303)


def session_of(opened: OpenUpload, content_type: str) -> UploadSession:
    record = opened.record
    return UploadSession(
        id=record.upload_id,
        upload_url=opened.address,
        headers={"Content-Type": content_type},
        expires=record.closes,
        upload_status=f"/api/v1/uploads/{record.upload_id}",
    )


def view_of(record: UploadRecord) -> UploadView:
    """Returns an upload that waits for its bytes."""
    assert record.recording is not None
    return UploadView(
        id=record.upload_id,
        name=record.recording.name,
        size=record.recording.size,
        expires=record.closes,
    )
