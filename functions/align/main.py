"""The function align. Wiring only; see stage.py."""

from pkgutil import resolve_name
from typing import cast

import flask
import functions_framework

from functions.align.alignment import Aligner
from functions.align.stage import VERSION, AlignParams, align
from shared.runtime.flask_adapter import serve_stage
from shared.runtime.log import configure
from shared.runtime.process import in_each_worker
from shared.runtime.stage import Stage
from shared.settings import settings


def load() -> Aligner:
    """Returns the aligner that the settings name."""
    name = settings().inference.aligner
    load_by_name = resolve_name(name)
    aligner = load_by_name()
    return cast(Aligner, aligner)


ALIGN = Stage(
    name="align",
    version=VERSION,
    params=AlignParams,
    run=lambda task: align(task, load),
    engine=lambda _: load().engine,
)

configure()
in_each_worker(load)


@functions_framework.http
def main(request: flask.Request) -> flask.Response:
    return serve_stage(ALIGN, request)
