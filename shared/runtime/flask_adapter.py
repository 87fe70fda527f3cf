"""Serves a function over HTTP with Flask."""

import json
import re
import secrets
from collections.abc import Callable
from http import HTTPStatus
from typing import TypeVar

import flask
from pydantic import BaseModel

from shared.model.contracts import Problem, StageRequest, StageResponse
from shared.model.finality import is_final
from shared.ports.blobs import JSON
from shared.runtime.auth import authenticate
from shared.runtime.execution import execute, store_problem
from shared.runtime.http import problem_of, validated
from shared.runtime.job_traces import traced
from shared.runtime.log import log_context, run_context
from shared.runtime.stage import P, Stage
from shared.runtime.wiring import blob_store, job_store
from shared.runtime.workdir import disk_full_is_transient

Body = TypeVar("Body", bound=BaseModel)

PROBLEM_JSON = "application/problem+json"
CLOUD_TRACE = re.compile(r"([0-9a-f]{32})(/.*)?")
"""The header X-Cloud-Trace-Context, which begins with the trace of Cloud Run's line about the
request."""


def serve(
    function: str,
    request: flask.Request,
    model: type[Body],
    respond: Callable[[Body], BaseModel | None],
) -> flask.Response:
    """Returns what `respond` returns for the request's body, which is nothing if it returns None,
    or a problem. GET is a health check.

    Every exception becomes a problem: a 500 without one would look like the platform's and be
    retried.
    """
    if request.method == "GET":
        health = json.dumps({"status": "ok", "name": function})
        return flask.Response(health, mimetype=JSON)
    try:
        authenticate(request.headers.get("Authorization", ""))
        body = validated(model, request.get_data())
    except Exception as error:
        problem = problem_of(error, function, None)
        return problem_response(request, problem)
    context = {"stage": function, "request_id": request_id(request)}
    run = None
    if isinstance(body, StageRequest):
        context["job_id"] = body.source.job_id
        run = run_in(body)
    job_id = context.get("job_id")
    with log_context(**context), run_context(job_id, run):
        try:
            with disk_full_is_transient(), traced(function, job_store, job_id, run):
                response = respond(body)
                if response is None:
                    return flask.Response(status=HTTPStatus.NO_CONTENT)
                return flask.Response(response.model_dump_json(), mimetype=JSON)
        except Exception as error:
            problem = problem_of(error, function, job_id)
        if isinstance(body, StageRequest) and is_final(problem):
            store_problem(problem, body, blob_store(), job_store())
        return problem_response(request, problem)


def run_in(body: StageRequest) -> int | None:
    """Returns the run that a request names, as those that begin and end a run do."""
    run = body.params.get("run")
    return run if isinstance(run, int) else None


def request_id(request: flask.Request) -> str:
    """Returns the id by which Cloud Run's own line about the request is found, or a new one."""
    header = request.headers.get("X-Cloud-Trace-Context", "")
    found = CLOUD_TRACE.fullmatch(header)
    return found.group(1) if found else secrets.token_hex(16)


def serve_stage(stage: Stage[P], request: flask.Request) -> flask.Response:
    """Returns the stage's response to a request, or a problem."""

    def respond(body: StageRequest) -> StageResponse:
        blobs = blob_store()
        jobs = job_store()
        return execute(stage, body, blobs, jobs)

    return serve(stage.name, request, StageRequest, respond)


def problem_response(request: flask.Request, problem: Problem) -> flask.Response:
    """Returns the problem in RFC 9457's media type, or in plain JSON if only that is accepted.

    Workflows accepts only plain JSON, because it may not decode bodies of `+json` types.
    """
    accepts_json_only = request.headers.get("Accept") == JSON
    mimetype = JSON if accepts_json_only else PROBLEM_JSON
    body = problem.model_dump_json(exclude_none=True)
    return flask.Response(body, problem.status, mimetype=mimetype)
