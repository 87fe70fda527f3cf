"""Describes every failure of a request as RFC 9457 does, or as clients of OpenAI's API read it."""

import logging
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from functions.gateway.openai_errors import COUNT_HEADER, is_openai_path, openai_error
from functions.gateway.openapi import PROBLEM_JSON
from shared.model.contracts import Problem
from shared.model.errors import (
    BadRequest,
    BodyTooLarge,
    EditsOutdated,
    NotEnded,
    StageError,
    Transient,
    Unauthenticated,
)
from shared.runtime.http import problem_of

log = logging.getLogger(__name__)

JOB_HEADER = "X-Dropscribe-Job"
"""Header with the id of the job that a request has made, where its body has no place for it."""


class JobFailed(Exception):
    """A job for which a request was held ended without a transcript. `problem` says why, and has
    the job's id."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.title)
        self.problem = problem


def add_problem_handlers(app: FastAPI) -> None:
    app.add_exception_handler(StageError, answer_problem)
    app.add_exception_handler(JobFailed, answer_failed_job)
    app.add_exception_handler(RequestValidationError, answer_invalid)
    app.add_exception_handler(HTTPException, answer_http_error)
    app.add_exception_handler(Exception, answer_problem)


def answer_problem(request: Request, error: Exception) -> JSONResponse:
    """Answers a request that failed with its problem, and with the headers that belong to it."""
    job_id = error.job_id if isinstance(error, NotEnded) else None
    problem = problem_of(error, "gateway", job_id)
    headers = {}
    if isinstance(error, Transient):
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, EditsOutdated):
        headers["ETag"] = error.etag
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    return problem_response(request, problem, headers)


def answer_failed_job(request: Request, error: Exception) -> JSONResponse:
    """Answers a request that was held for a job with the job's problem."""
    assert isinstance(error, JobFailed)
    return problem_response(request, error.problem, {})


def answer_invalid(request: Request, error: Exception) -> JSONResponse:
    """Answers a request that breaks the OpenAPI document with 422 and the names of the fields."""
    assert isinstance(error, RequestValidationError)
    descriptions = []
    for found in error.errors():
        field = ".".join(map(str, found["loc"]))
        descriptions.append(f"{field}: {found['msg']}")
    detail = "; ".join(descriptions)
    problem = BadRequest(detail).problem(None, None).model_copy(update={"status": 422})
    return problem_response(request, problem, {})


def answer_http_error(request: Request, error: Exception) -> JSONResponse:
    """Answers what the framework refuses by itself, such as an unknown path."""
    assert isinstance(error, HTTPException)
    if error.status_code == BodyTooLarge.status:
        return answer_problem(request, BodyTooLarge("The body is larger than the limit."))
    if error.status_code == BadRequest.status:
        return answer_problem(request, BadRequest(error.detail))
    headers = dict(error.headers or {})
    problem = Problem(
        type="about:blank",
        title=HTTPStatus(error.status_code).phrase,
        status=error.status_code,
        detail=explained(error, headers.get("Allow", "")),
    )
    return problem_response(request, problem, headers)


def explained(error: HTTPException, methods: str) -> str:
    """Returns what is wrong with a request that the framework refuses. `methods` are those that its
    path has."""
    if error.status_code == HTTPStatus.NOT_FOUND:
        return "There is no such path; /openapi.json lists all."
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return f"The path has only {methods}."
    return error.detail


def problem_response(request: Request, problem: Problem, headers: dict[str, str]) -> JSONResponse:
    if problem.job_id is not None:
        headers = {**headers, JOB_HEADER: problem.job_id}
    if is_openai_path(request.url.path):
        is_unfinished = problem.type == NotEnded.name()
        is_recognised = "Idempotency-Key" in request.headers or COUNT_HEADER in request.headers
        can_wait_on = is_unfinished and is_recognised
        return openai_error(problem, headers, can_wait_on=can_wait_on)
    content = problem.model_dump(mode="json", exclude_none=True)
    return JSONResponse(content, problem.status, headers, media_type=PROBLEM_JSON)
