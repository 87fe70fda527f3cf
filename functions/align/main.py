"""align: the words of a chunk get their times from its sound. Wiring only; see stage.py."""

from pkgutil import resolve_name
from typing import cast

import flask
import functions_framework

from functions.align.placing import Aligner
from functions.align.stage import VERSION, AlignParams, align
from shared.contracts import StageRequest, StageResponse
from shared.log import configure
from shared.process import in_each_worker
from shared.settings import settings
from shared.stage import Stage, execute, serve


def load(model: str | None = None) -> Aligner:
    return cast(Aligner, resolve_name(settings().aligner)(model))


ALIGN = Stage(
    name="align",
    version=VERSION,
    params=AlignParams,
    run=lambda task: align(task, load),
    engine=lambda params: load(params.model).engine,
)

configure()
in_each_worker(load)


@functions_framework.http
def main(request: flask.Request) -> flask.Response:
    return serve("align", request, StageRequest, answer)


def answer(asked: StageRequest) -> StageResponse:
    return execute(ALIGN, asked, settings().blobs(), settings().jobs())
