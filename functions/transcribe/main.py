"""transcribe: turns a chunk's audio into words; task `detect` names the language. Wiring only."""

from functools import partial

import flask
import functions_framework

from functions.transcribe import detect, stage
from functions.transcribe.stage import engine_of, load_recogniser
from shared.model.contracts import StageRequest, StageResponse
from shared.runtime.execution import execute
from shared.runtime.flask_adapter import serve
from shared.runtime.log import configure
from shared.runtime.process import in_each_worker
from shared.runtime.stage import Stage
from shared.runtime.wiring import blob_store, job_store

DETECT = Stage(
    "detect",
    detect.VERSION,
    detect.DetectParams,
    partial(detect.detect, load=load_recogniser),
    engine_of,
)
TRANSCRIBE = Stage(
    "transcribe",
    stage.VERSION,
    stage.TranscribeParams,
    partial(stage.transcribe, load=load),
    engine,
)
configure()
in_each_worker(load_recogniser)


@functions_framework.http
def main(request: flask.Request) -> flask.Response:
    return serve("transcribe", request, StageRequest, respond)


def respond(request: StageRequest) -> StageResponse:
    if request.params.get("task") == "detect":
        return execute(DETECT, request, blob_store(), job_store())
    return execute(TRANSCRIBE, request, blob_store(), job_store())
