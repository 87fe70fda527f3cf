"""finalize's HTTP function: writes a job's transcript or problem into the outbox. See job.py."""

import flask
import functions_framework

from functions.finalize.job import finalize
from shared.model.contracts import Finalized, StageRequest
from shared.runtime.flask_adapter import serve
from shared.runtime.log import configure
from shared.runtime.process import in_each_worker
from shared.runtime.wiring import blob_store, event_publisher, job_store

configure()
in_each_worker(lambda: blob_store())


@functions_framework.http
def main(request: flask.Request) -> flask.Response:
    return serve("finalize", request, StageRequest, handle_request)


def handle_request(request: StageRequest) -> Finalized:
    blobs = blob_store()
    jobs = job_store()
    publisher = event_publisher()
    return finalize(request, blobs, jobs, publisher)
