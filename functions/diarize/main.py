"""The function diarize. Wiring only; see stage.py."""

from pkgutil import resolve_name
from typing import cast

import flask
import functions_framework

from functions.diarize.stage import VERSION, DiarizeParams, Diarizer, diarize
from shared.runtime.flask_adapter import serve_stage
from shared.runtime.log import configure
from shared.runtime.process import in_each_worker
from shared.runtime.stage import Stage
from shared.settings import settings


def load() -> Diarizer:
    """Returns the diarizer that the settings name."""
    name = settings().inference.diarizer
    load_by_name = resolve_name(name)
    diarizer = load_by_name()
    return cast(Diarizer, diarizer)


DIARIZE = Stage(
    name="diarize",
    version=VERSION,
    params=DiarizeParams,
    run=lambda task: diarize(task, load()),
    engine=lambda _: load().engine,
)

configure()
in_each_worker(load)


@functions_framework.http
def main(request: flask.Request) -> flask.Response:
    return serve_stage(DIARIZE, request)
