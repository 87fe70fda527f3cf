"""diarize: who speaks when, in a span. Wiring only; see stage.py."""

from pkgutil import resolve_name
from typing import cast

import flask
import functions_framework

from functions.diarize.stage import VERSION, DiarizeParams, Diarizer, diarize
from shared.contracts import StageRequest, StageResponse
from shared.log import configure
from shared.process import in_each_worker
from shared.settings import settings
from shared.stage import Stage, execute, serve


def load() -> Diarizer:
    return cast(Diarizer, resolve_name(settings().diarizer)())


DIARIZE = Stage(
    name="diarize",
    version=VERSION,
    params=DiarizeParams,
    run=lambda task: diarize(task, load()),
    engine=lambda _: load().engine,
)

configure()
in_each_worker(load)


@functions_framework.http
def main(request: flask.Request) -> flask.Response:
    return serve("diarize", request, StageRequest, answer)


def answer(asked: StageRequest) -> StageResponse:
    return execute(DIARIZE, asked, settings().blobs(), settings().jobs())
