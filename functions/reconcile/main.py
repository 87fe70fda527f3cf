"""reconcile: called by a schedule, starts again what has no answer. Wiring only; see sweep.py."""

import flask
import functions_framework
from pydantic import ValidationError

from functions.reconcile.sweep import Asked, Sweep
from shared.errors import BadRequest, StageError
from shared.identity import authenticate
from shared.log import configure
from shared.process import in_each_worker
from shared.settings import settings
from shared.stage import reasons, turn_away
from shared.storage import JSON

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
