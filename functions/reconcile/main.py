"""reconcile's HTTP function, which a schedule calls: see sweep.py."""

import flask
import functions_framework

from functions.reconcile.sweep import Sweep, SweepRequest, SweepResult
from shared.runtime.flask_adapter import serve
from shared.runtime.log import configure
from shared.runtime.process import in_each_worker
from shared.runtime.wiring import blob_store, event_publisher, executions, job_store

configure()
in_each_worker(blob_store)


@functions_framework.http
def main(request: flask.Request) -> flask.Response:
    return serve("reconcile", request, SweepRequest, respond)


def respond(request: SweepRequest) -> SweepResult:
    blobs = blob_store()
    jobs = job_store()
    publisher = event_publisher()
    sweep = Sweep(blobs, jobs, executions(), publisher)
    return sweep(request)
