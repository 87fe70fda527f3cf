"""The HTTP function of the stages transcribe and detect, which share the speech model."""

import flask
import functions_framework

from functions.transcribe import detect
from functions.transcribe.stage import (
    VERSION,
    TranscribeParams,
    engine_of,
    load_recogniser,
    transcribe,
)
from shared.model.contracts import StageRequest, StageResponse
from shared.runtime.execution import execute
from shared.runtime.flask_adapter import serve
from shared.runtime.log import configure
from shared.runtime.process import in_each_worker
from shared.runtime.stage import Stage
from shared.runtime.wiring import blob_store, job_store

DETECT = Stage("detect", detect.VERSION, detect.DetectParams, detect.detect, engine_of)
TRANSCRIBE = Stage("transcribe", VERSION, TranscribeParams, transcribe, engine_of)

configure()
in_each_worker(load_recogniser)


@functions_framework.http
def main(request: flask.Request) -> flask.Response:
    return serve("transcribe", request, StageRequest, respond)


def respond(request: StageRequest) -> StageResponse:
    blobs = blob_store()
    jobs = job_store()
    task = request.params.get("task")
    if task == "detect":
        return execute(DETECT, request, blobs, jobs)
    return execute(TRANSCRIBE, request, blobs, jobs)
