"""finalize: words and turns become the answer in the outbox, or a failure a problem. Wiring only; see job.py."""

import flask
import functions_framework

from functions.finalize.job import finalize
from shared.contracts import Finalized, StageRequest
from shared.log import configure
from shared.process import in_each_worker
from shared.settings import settings
from shared.stage import serve

configure()
in_each_worker(lambda: settings().blobs())


@functions_framework.http
def main(request: flask.Request) -> flask.Response:
    return serve("finalize", request, StageRequest, answer)


def answer(asked: StageRequest) -> Finalized:
    return finalize(asked, settings().blobs(), settings().jobs(), settings().completion_events())
