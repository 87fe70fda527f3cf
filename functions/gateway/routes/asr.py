"""Routes for clients of whisper-asr-webservice, such as Bazarr and Speakr."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import PlainTextResponse
from pydantic import JsonValue

from functions.gateway.access import Caller, Transcriber
from functions.gateway.asr_requests import (
    DETECTION,
    ENGINE_HEADERS,
    asr_options,
    further_fields,
    output_headers,
    output_of,
)
from functions.gateway.deployment import Deployment, InDeployment
from functions.gateway.held_requests import (
    OF_THE_JOB,
    OF_THE_REQUEST,
    Prefer,
    finished_job,
    form_upload,
    prefers_job,
    queued_answer,
    upload_name,
)
from functions.gateway.job_watch import InJobWatch, JobWatch
from functions.gateway.openai_stream import held_listener
from functions.gateway.openapi import Responses, problems
from functions.gateway.problems import JOB_HEADER, JobFailed
from functions.gateway.raw_samples import with_header
from functions.gateway.recording_form import FORM, RecordingForm, read_form
from functions.gateway.stored_transcripts import read_transcript_of
from functions.gateway.upload_form_schema import RECORDING
from functions.gateway.uploading import store_form
from shared import __version__
from shared.jobs.job import Job
from shared.model.api import JobView
from shared.model.asr_api import AsrEncoding, AsrLanguage, AsrQuery, AsrStatus
from shared.model.asr_transcript import asr_language

router = APIRouter(tags=["asr"])

DIALECT = "asr"
FILE_FIELD = "audio_file"
FORM_SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": [FILE_FIELD],
    "properties": {FILE_FIELD: RECORDING},
}
FORM_BODY: dict[str, Any] = {
    "requestBody": {"required": True, "content": {FORM: {"schema": FORM_SCHEMA}}}
}
LIMITED = [Depends(held_listener)]
"""Counts a request among the streams and held requests of its key."""
RESPONSES: Responses = {
    202: {"model": JobView, "description": "The job is queued, as `Prefer` asked."},
    **problems(*OF_THE_REQUEST, *OF_THE_JOB),
}


@router.post(
    "/asr",
    response_class=PlainTextResponse,
    response_description="The transcript in the format `output`.",
    responses=RESPONSES,
    dependencies=LIMITED,
    openapi_extra=FORM_BODY,
)
async def transcribe_file(
    request: Request,
    caller: Transcriber,
    stores: InDeployment,
    watch: InJobWatch,
    query: Annotated[AsrQuery, Query()],
    prefer: Prefer = None,
) -> Response:
    """Transcribe a recording, and answer when its job is done, as whisper-asr-webservice does.

    Further parameters with the names of options are options, too. All others are ignored.
    """
    async with read_form(request, FILE_FIELD) as form:
        fields = further_fields(request, form)
        job = await stored_job(form, asr_options(query), fields, query, caller, stores)
    if prefers_job(prefer):
        return await run_in_threadpool(queued_answer, job, stores)
    done = await finished_job(job, request, caller, stores, watch)
    output = await run_in_threadpool(output_of, done, query, stores)
    headers = output_headers(done, form.file_name, query)
    return PlainTextResponse(output, headers=headers)


@router.post(
    "/detect-language",
    response_model=AsrLanguage,
    response_description="The language, and how sure that is.",
    responses=RESPONSES,
    dependencies=LIMITED,
    openapi_extra=FORM_BODY,
)
async def detect_language(
    request: Request,
    response: Response,
    caller: Transcriber,
    stores: InDeployment,
    watch: InJobWatch,
    query: Annotated[AsrEncoding, Query()],
    prefer: Prefer = None,
) -> AsrLanguage | Response:
    """Find the language that is spoken in a recording, as whisper-asr-webservice does.

    It is the language that a transcription would find, from speech all over the recording, which is
    deleted afterwards.
    """
    async with read_form(request, FILE_FIELD) as form:
        job = await stored_job(form, DETECTION, [], query, caller, stores)
    if prefers_job(prefer):
        return await run_in_threadpool(queued_answer, job, stores)
    done = await detected(job, request, caller, stores, watch)
    transcript = await run_in_threadpool(read_transcript_of, done, stores.blobs)
    response.headers.update({**ENGINE_HEADERS, JOB_HEADER: done.job_id})
    return asr_language(transcript)


@router.get("/status", response_description="The version.")
async def read_status() -> AsrStatus:
    """Say what answers, as SubGen does: Bazarr's button for a test of the connection shows it."""
    return AsrStatus(version=f"Dropscribe {__version__}")


async def stored_job(
    form: RecordingForm,
    options: Mapping[str, JsonValue],
    fields: list[tuple[str, str]],
    query: AsrEncoding,
    caller: Caller,
    stores: Deployment,
) -> Job:
    """Returns the job of a form's recording, which is queued."""
    recording = form if query.encode else with_header(form)
    name = upload_name(DIALECT, recording.file_name, caller, None)
    asked = form_upload(recording, name, options, fields)
    job, _ = await run_in_threadpool(store_form, recording, asked, caller, stores, None)
    return job


async def detected(
    job: Job, request: Request, caller: Caller, stores: Deployment, watch: JobWatch
) -> Job:
    """Returns a job once the language is found. If it is not, the recording is erased, which the
    option keep-audio does not do then. Raises as `finished_job` does."""
    try:
        return await finished_job(job, request, caller, stores, watch)
    except JobFailed:
        source = job.source
        await run_in_threadpool(stores.operations.erase, source.bucket, source.name)
        raise
