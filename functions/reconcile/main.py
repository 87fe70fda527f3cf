"""reconcile: called by a schedule, starts again what has no answer. Wiring only; see sweep.py."""

import flask
import functions_framework

from functions.reconcile.sweep import Asked, Sweep, Swept
from shared.log import configure
from shared.process import in_each_worker
from shared.settings import settings
from shared.stage import serve

configure()
in_each_worker(lambda: settings().blobs())


@functions_framework.http
def main(request: flask.Request) -> flask.Response:
    return serve("reconcile", request, Asked, answer)


def answer(asked: Asked) -> Swept:
    here = settings()
    return Sweep(here.blobs(), here.jobs(), here.workflow_executions(), here.completion_events())(asked)
