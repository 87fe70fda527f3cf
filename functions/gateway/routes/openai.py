"""Routes of OpenAI's transcription API: programs that know it need only another base URL."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.concurrency import run_in_threadpool

from functions.gateway.access import Holder, Transcriber
from functions.gateway.client_retries import (
    counts_retries,
    folder_of_equal_requests,
    is_retry,
    newest_job,
)
from functions.gateway.deployment import InDeployment
from functions.gateway.held_requests import (
    Prefer,
    finished_job,
    form_upload,
    prefers_job,
    queued_answer,
    upload_name,
)
from functions.gateway.job_watch import InJobWatch
from functions.gateway.live_events import InLiveEvents
from functions.gateway.openai_answers import transcription_answer
from functions.gateway.openai_document import transcription_form, transcription_responses
from functions.gateway.openai_request import AskedTranscription, Task, read_fields
from functions.gateway.openai_stream import InHeldListener, TextStream
from functions.gateway.openapi import problems
from functions.gateway.recording_form import RecordingForm, read_form
from functions.gateway.routes.uploads import IdempotencyKey
from functions.gateway.uploading import store_form
from shared.jobs.job import Job
from shared.model.errors import NotFound
from shared.model.openai_api import ListedModel, ModelList

router = APIRouter(tags=["openai"], prefix="/v1")

DIALECT = "openai"
"""Folder of the recordings, under that of the key."""
MODELS = ("dropscribe", "whisper-1")
"""Models that are listed. Clients that offer a choice need one; any other name works, too."""


@dataclass(frozen=True)
class Exchange:
    """A request for a transcription, and what it is answered with."""

    request: Request
    caller: Transcriber
    stores: InDeployment
    watch: InJobWatch
    live: InLiveEvents
    listener: InHeldListener
    idempotency_key: IdempotencyKey = None
    prefer: Prefer = None


InExchange = Annotated[Exchange, Depends()]


@router.post(
    "/audio/transcriptions",
    response_class=Response,
    responses=transcription_responses("transcribe"),
    openapi_extra={"requestBody": transcription_form("transcribe")},
)
async def create_transcription(exchange: InExchange) -> Response:
    """Transcribe a recording, and answer when it is done.

    The recording becomes a job like any other, whose id is in the header `X-Dropscribe-Job`. The
    job goes on if the client goes away. Any name of a model works, our own options may be fields of
    the form, and fields that are not known change nothing.
    """
    return await answer("transcribe", exchange)


@router.post(
    "/audio/translations",
    response_class=Response,
    responses=transcription_responses("translate"),
    openapi_extra={"requestBody": transcription_form("translate")},
)
async def create_translation(exchange: InExchange) -> Response:
    """Transcribe a recording in any language into English text."""
    return await answer("translate", exchange)


@router.get("/models", response_description="The models that are listed.")
def list_models(key: Holder) -> ModelList:
    """List models. Each name means the deployment's own model."""
    models = [ListedModel(id=name) for name in MODELS]
    return ModelList(data=tuple(models))


@router.get(
    "/models/{model_id:path}",
    response_description="The model.",
    responses=problems(NotFound),
)
def read_model(
    model_id: Annotated[str, Path(min_length=1, max_length=200)], key: Holder
) -> ListedModel:
    """Show a model. There is one of any name, since any name works in a request."""
    return ListedModel(id=model_id)


async def answer(task: Task, exchange: Exchange) -> Response:
    """Store the recording of a request, and return the response for its job."""
    async with read_form(exchange.request) as form:
        asked = read_fields(form.fields, task)
        job = await run_in_threadpool(store, form, asked, exchange)
    if prefers_job(exchange.prefer):
        return await run_in_threadpool(queued_answer, job, exchange.stores)
    if asked.is_streamed:
        stream = TextStream(
            asked, job, exchange.caller, exchange.stores, exchange.live, exchange.listener
        )
        return stream.response()
    done = await finished_job(
        job, exchange.request, exchange.caller, exchange.stores, exchange.watch
    )
    return await run_in_threadpool(transcription_answer, asked, done, exchange.stores)


def store(form: RecordingForm, asked: AskedTranscription, exchange: Exchange) -> Job:
    """Write the recording to the inbox. Returns its job, which is that of an earlier request if the
    client sends this one again."""
    key = exchange.idempotency_key
    folder = DIALECT
    if key is None and counts_retries(exchange.request):
        equal = folder_of_equal_requests(form, asked, exchange.caller)
        folder = f"{DIALECT}/{equal}"
        if is_retry(exchange.request):
            earlier = newest_job(folder, exchange.caller, exchange.stores.jobs)
            if earlier is not None:
                return earlier
    name = upload_name(folder, form.file_name, exchange.caller, key)
    upload = form_upload(form, name, asked.options, asked.further_fields)
    job, _ = store_form(form, upload, exchange.caller, exchange.stores, key)
    return job
