"""Serves a function over HTTP with Flask."""

import logging
from collections.abc import Callable

import flask
from pydantic import BaseModel

from shared.model.contracts import Problem, StageRequest
from shared.model.errors import StageError, Transient
from shared.ports.blobs import JSON
from shared.runtime.auth import authenticate
from shared.runtime.execution import store_problem
from shared.runtime.http import final_problem, validated
from shared.runtime.log import log_context
from shared.runtime.wiring import blob_store, job_store
from shared.runtime.workdir import disk_full_is_transient

log = logging.getLogger(__name__)


def serve(
    stage: str, request: flask.Request, respond: Callable[[StageRequest], BaseModel]
) -> flask.Response:
    """Returns the model that `respond` makes of a stage request, or a problem. GET is a health check."""
    if request.method == "GET":
        return flask.Response('{"status":"ok"}', mimetype=JSON)
    try:
        authenticate(request)
        stage_request = validated(StageRequest, request.get_data())
    except StageError as error:
        return reject(stage, request, error)
    job_id = stage_request.source.job_id
    with log_context(job_id=job_id, stage=stage):
        try:
            with disk_full_is_transient():
                body = respond(stage_request).model_dump_json()
                return flask.Response(body, mimetype=JSON)
        except Transient as error:
            log.info("not now: %s", error, extra={"status": error.status})
            return problem_response(request, error.problem(job_id, stage))
        except Exception as error:
            problem = final_problem(stage, stage_request, error)
            store_problem(problem, stage_request, blob_store(), job_store())
            return problem_response(request, problem)


def reject(stage: str, request: flask.Request, error: StageError) -> flask.Response:
    """Returns the problem of a request that is refused before its job is known."""
    log.warning("request refused", extra={"problem": error.type, "status": error.status})
    return problem_response(request, error.problem(None, stage))


def problem_response(request: flask.Request, problem: Problem) -> flask.Response:
    """Returns the problem in RFC 9457's media type, or in plain JSON where that was asked for.

    Workflows asks for plain JSON, because it may not decode bodies of `+json` types.
    """
    wants_json = request.headers.get("Accept") == JSON
    mimetype = JSON if wants_json else "application/problem+json"
    body = problem.model_dump_json(exclude_none=True)
    return flask.Response(body, problem.status, mimetype=mimetype)
