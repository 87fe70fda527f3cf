"""reconcile: called by a schedule, starts again what has no answer. Wiring only; see sweep.py."""

import flask
import functions_framework

from functions.reconcile.sweep import Asked, Sweep
from shared.model.errors import StageError
from shared.ports.blobs import JSON
from shared.runtime.auth import authenticate
from shared.runtime.flask_adapter import reject
from shared.runtime.http import validated
from shared.runtime.log import configure
from shared.runtime.process import in_each_worker
from shared.runtime.wiring import blob_store, event_publisher, executions, job_store

configure()
in_each_worker(lambda: blob_store())


@functions_framework.http
def main(request: flask.Request) -> flask.Response:
    """GET tells that it is up; POST sweeps."""
    if request.method == "GET":
        return flask.Response('{"status":"ok"}', mimetype=JSON)
    sweep = Sweep(blob_store(), job_store(), executions(), event_publisher())
    try:
        authenticate(request)
        return flask.Response(
            sweep(validated(Asked, request.get_data() or b"{}")).model_dump_json(), mimetype=JSON
        )
    except StageError as error:
        return reject("reconcile", request, error)
