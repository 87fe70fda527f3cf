"""Requests as the clients of other APIs send them: with a recording, and answered when its job has
ended.

The job is one like any other. It goes on if the client goes away or the time is up, and it is in
the list of jobs, under a name such as `openai/5d0c1a7e93b2f846/call.wav`.
"""

import secrets
from collections.abc import Iterable, Mapping
from typing import Annotated

from fastapi import Header, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse
from pydantic import JsonValue

from functions.gateway.access import Caller
from functions.gateway.deployment import Deployment
from functions.gateway.job_access import standing_job
from functions.gateway.job_view import current_view, is_over
from functions.gateway.job_watch import JobWatch, disconnected
from functions.gateway.problems import JOB_HEADER, JobFailed
from functions.gateway.recording_form import RecordingForm
from functions.gateway.upload_checks import AskedUpload
from shared.jobs.job import Job
from shared.jobs.recording_names import recording_name
from shared.jobs.upload_store import repeatable_upload_id
from shared.model.api_paths import job_path
from shared.model.errors import (
    AttemptsExhausted,
    BadOption,
    BodyTooLarge,
    Cancelled,
    ContentUnreadable,
    EmptyRecording,
    GivenUp,
    KeyReused,
    ModelUnavailable,
    NameTaken,
    NoSound,
    NotAudio,
    NotEnded,
    RecordingErased,
    RecordingTooLarge,
    RecordingTooLong,
    TranscriptGone,
    TruncatedRecording,
    UploadRefused,
)
from shared.model.formats import DEFAULT_FORMATS
from shared.model.object_metadata import TAG_PREFIX
from shared.model.option_names import exact_option
from shared.model.option_values import as_list
from shared.model.options import option_names
from shared.settings import settings

OF_THE_REQUEST = (
    BodyTooLarge,
    RecordingTooLarge,
    EmptyRecording,
    UploadRefused,
    KeyReused,
    NameTaken,
)
OF_THE_JOB = (
    AttemptsExhausted,
    BadOption,
    Cancelled,
    ContentUnreadable,
    GivenUp,
    ModelUnavailable,
    NoSound,
    NotAudio,
    NotEnded,
    RecordingErased,
    RecordingTooLong,
    TranscriptGone,
    TruncatedRecording,
)
"""Errors with which such a request may be answered."""
RESPOND_ASYNC = "respond-async"
ID_DIGITS = 16
ANY_NAME = "recording"
"""Name of a recording whose file has none that an object may have."""

Prefer = Annotated[
    str | None,
    Header(description="`respond-async`: answer with 202 and the job as soon as it is queued."),
]


# Before the job


def form_upload(
    form: RecordingForm,
    name: str,
    options: Mapping[str, JsonValue],
    further_fields: Iterable[tuple[str, str]],
) -> AskedUpload:
    """Returns what the form of another API's client asks for. `options` are those that the API's
    own fields mean, and `further_fields` are all others.

    Those with the name of one of our options are options, too, and stronger. Those whose names
    begin with x- are the client's own metadata. The rest is left out, since such clients send the
    fields of several APIs.
    """
    own_options: dict[str, JsonValue] = {}
    metadata = {}
    for field, value in further_fields:
        option = exact_option(field, option_names())
        if option is not None:
            own_options[option] = value
        elif field.lower().startswith(TAG_PREFIX):
            metadata[field[len(TAG_PREFIX) :]] = value
    return AskedUpload(
        name=name,
        size=form.size,
        content_type=form.content_type,
        options={**options, **own_options},
        metadata=metadata,
        replace=False,
    )


def upload_name(dialect: str, file_name: str, caller: Caller, idempotency_key: str | None) -> str:
    """Returns the name of a recording under the caller's folder: `<dialect>/<id>/<file name>`.

    A request that is repeated with its Idempotency-Key has the same id, and any other a new one.
    """
    if idempotency_key is None:
        upload_id = secrets.token_hex(ID_DIGITS // 2)
    else:
        upload_id = repeatable_upload_id(caller.key_id, idempotency_key)[-ID_DIGITS:]
    folder = f"{dialect}/{upload_id}/"
    base_name = file_name.replace("\\", "/").rpartition("/")[2]
    try:
        recording_name(caller.folder, folder + base_name)
    except ValueError:
        return folder + ANY_NAME
    return folder + base_name


def formats_with(needed: str) -> list[JsonValue]:
    """Returns the deployment's formats and the one that the answer needs."""
    default = settings().recordings.defaults.get("formats", list(DEFAULT_FORMATS))
    formats: list[JsonValue] = list(as_list(default))
    if needed not in formats:
        formats.append(needed)
    return formats


# Instead of its end


def prefers_job(prefer: str | None) -> bool:
    """Returns whether a client wants the job at once, by the header Prefer of RFC 7240."""
    preferences = (prefer or "").lower().split(",")
    return RESPOND_ASYNC in [preference.strip() for preference in preferences]


def queued_answer(job: Job, stores: Deployment) -> Response:
    view = current_view(job, stores)
    headers = {
        "Location": job_path(job.job_id),
        "Preference-Applied": RESPOND_ASYNC,
        JOB_HEADER: job.job_id,
    }
    return JSONResponse(view.model_dump(mode="json"), 202, headers)


# After it


async def finished_job(
    job: Job, request: Request, caller: Caller, stores: Deployment, watch: JobWatch
) -> Job:
    """Returns a job once it has a transcript. The body of the request must have been read.

    Raises JobFailed, RecordingErased, NotFound, or NotEnded if the client has gone away or the
    deployment holds requests no longer.
    """
    if not is_over(job):
        seconds = settings().gateway.held_seconds
        await watch.wait(job.job_id, stores.jobs, seconds, disconnected(request))
    return await run_in_threadpool(ended_job, job.job_id, caller, stores)


def ended_job(job_id: str, caller: Caller, stores: Deployment) -> Job:
    """Returns a job that has a transcript.

    Raises JobFailed, RecordingErased, NotFound or NotEnded.
    """
    job = standing_job(job_id, caller, stores.jobs)
    if not is_over(job):
        raise not_ended(job_id)
    if job.state != "done":
        assert job.problem is not None
        raise JobFailed(job.problem.model_copy(update={"job_id": job_id}))
    return job


def not_ended(job_id: str) -> NotEnded:
    """Returns the error of a request that is held no longer."""
    return NotEnded(f"It goes on, and is found at {job_path(job_id)}.", job_id)
