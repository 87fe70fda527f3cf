"""Serves a function over HTTP with Flask."""

from collections.abc import Callable

import flask
from pydantic import BaseModel

from shared.model.contracts import Problem, StageRequest
from shared.model.errors import StageError, Transient
from shared.ports.blobs import JSON
from shared.runtime.auth import authenticate
from shared.runtime.execution import log
from shared.runtime.http import final, leave, parse
from shared.runtime.log import about
from shared.runtime.workdir import roomy
from shared.settings import settings


def serve(name: str, request: flask.Request, answer: Callable[[StageRequest], BaseModel]) -> flask.Response:
    """Answer one HTTP request with the model that `answer` makes, or with a problem. GET tells that it is up."""
    if request.method == "GET":
        return flask.Response('{"status":"ok"}', mimetype=JSON)
    try:
        authenticate(request)
        asked = parse(request)
    except StageError as error:
        return turn_away(name, request, error)
    with about(job_id=asked.source.job_id, stage=name):
        try:
            with roomy():
                return flask.Response(answer(asked).model_dump_json(), mimetype=JSON)
        except Transient as error:
            log.info("not now: %s", error, extra={"status": error.status})
            return refuse(request, error.problem(asked.source.job_id, name), error.retry_after)
        except Exception as error:
            return refuse(request, leave(final(name, asked, error), asked, settings().blobs(), settings().jobs()))


def turn_away(name: str, request: flask.Request, error: StageError) -> flask.Response:
    """What is refused before any job is known."""
    log.warning("request refused", extra={"problem": error.type, "status": error.status})
    return refuse(request, error.problem(None, name), getattr(error, "retry_after", None))


def refuse(request: flask.Request, problem: Problem, retry_after: int | None = None) -> flask.Response:
    """Workflows asks for plain JSON because it may not decode `+json` bodies; people get RFC 9457's own type."""
    plain = request.headers.get("Accept") == JSON
    return flask.Response(
        problem.model_dump_json(exclude_none=True),
        problem.status,
        {} if retry_after is None else {"Retry-After": str(retry_after)},
        mimetype=JSON if plain else "application/problem+json",
    )
