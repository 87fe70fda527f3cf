"""reconcile: called by a schedule, starts again what has no answer. Wiring only; see sweep.py."""

import flask
import functions_framework
from pydantic import ValidationError

from functions.reconcile.sweep import Asked, Sweep
from shared.model.errors import BadRequest, StageError
from shared.ports.blobs import JSON
from shared.runtime.auth import authenticate
from shared.runtime.flask_adapter import turn_away
from shared.runtime.http import reasons
from shared.runtime.log import configure
from shared.runtime.process import in_each_worker
from shared.settings import settings

configure()
in_each_worker(lambda: settings().blobs())


@functions_framework.http
def main(request: flask.Request) -> flask.Response:
    """GET tells that it is up; POST sweeps."""
    if request.method == "GET":
        return flask.Response('{"status":"ok"}', mimetype=JSON)
    here = settings()
    sweep = Sweep(here.blobs(), here.jobs(), here.workflow_executions(), here.completion_events())
    try:
        authenticate(request)
        return flask.Response(sweep(read(request)).model_dump_json(), mimetype=JSON)
    except StageError as error:
        return turn_away("reconcile", request, error)


def read(request: flask.Request) -> Asked:
    try:
        return Asked.model_validate_json(request.get_data() or b"{}")
    except ValidationError as error:
        raise BadRequest(reasons(error)) from error
