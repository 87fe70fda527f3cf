"""reconcile: called by a schedule, starts jobs without an answer again. Wiring only."""

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
    sweep = Sweep(blob_store(), job_store(), executions(), event_publisher())
    return sweep(request)
