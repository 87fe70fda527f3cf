"""prepare: decode, measure, find speech, cut at silences. Wiring only; see job.py and stage.py."""

import flask
import functions_framework

from functions.prepare.job import prepare
from functions.prepare.memory import limit_memory
from shared.contracts import Prepared, StageRequest
from shared.log import configure
from shared.process import in_each_worker
from shared.settings import settings
from shared.stage import serve

configure()
in_each_worker(limit_memory)
in_each_worker(lambda: settings().blobs())


@functions_framework.http
def main(request: flask.Request) -> flask.Response:
    return serve("prepare", request, StageRequest, answer)


def answer(asked: StageRequest) -> Prepared:
    return prepare(asked, settings().blobs(), settings().jobs())
