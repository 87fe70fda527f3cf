"""transcribe: a chunk's sound becomes words; task detect names the language. Wiring only; see stage.py, detect.py."""

from pkgutil import resolve_name
from typing import cast

import flask
import functions_framework

from functions.transcribe import detect, stage
from shared.contracts import Engine, StageRequest, StageResponse
from shared.log import configure
from shared.process import in_each_worker
from shared.settings import settings
from shared.stage import Stage, execute, serve


def load(model: str | None = None) -> stage.Recogniser:
    return cast(stage.Recogniser, resolve_name(settings().transcriber)(model))


def engine(params: stage.TranscribeParams | detect.DetectParams) -> Engine:
    return load(params.model).engine


TRANSCRIBE = Stage("transcribe", stage.VERSION, stage.TranscribeParams, lambda t: stage.transcribe(t, load), engine)
DETECT = Stage("detect", detect.VERSION, detect.DetectParams, lambda t: detect.detect(t, load), engine)
configure()
in_each_worker(load)


def answer(asked: StageRequest) -> StageResponse:
    blobs, jobs = settings().blobs(), settings().jobs()
    detecting = asked.params.get("task") == "detect"
    return execute(DETECT, asked, blobs, jobs) if detecting else execute(TRANSCRIBE, asked, blobs, jobs)


@functions_framework.http
def main(request: flask.Request) -> flask.Response:
    return serve("transcribe", request, StageRequest, answer)
