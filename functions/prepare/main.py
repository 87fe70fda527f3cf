"""prepare: decode, detect speech, cut at silences. Wiring only; see job.py and stage.py."""

import flask
import functions_framework

from functions.prepare.job import prepare
from functions.prepare.memory import limit_memory
from shared.model.contracts import Prepared, StageRequest
from shared.runtime.flask_adapter import serve
from shared.runtime.log import configure
from shared.runtime.process import in_each_worker
from shared.runtime.wiring import blob_store, job_store

configure()
in_each_worker(limit_memory)
in_each_worker(lambda: blob_store())


@functions_framework.http
def main(request: flask.Request) -> flask.Response:
    return serve("prepare", request, StageRequest, respond)


def respond(request: StageRequest) -> Prepared:
    return prepare(request, blob_store(), job_store())
