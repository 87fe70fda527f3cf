"""Errors as clients of OpenAI's API read them: their bodies, and the statuses that they know."""

import re
from http import HTTPStatus
from typing import Literal

from fastapi.responses import JSONResponse

from shared.model.contracts import Problem
from shared.model.errors import (
    PROBLEM_TYPE,
    AttemptsExhausted,
    BadOption,
    GivenUp,
    ModelUnavailable,
    UploadRefused,
    WorkflowRefused,
)
from shared.model.openai_api import ErrorBody, ErrorDetails

FOLDER = "/v1"
"""Beginning of the paths of OpenAI's API."""
COUNT_HEADER = "X-Stainless-Retry-Count"
"""How often the client has sent the request again: 0 at the first time. Other clients lack it."""
STATUSES = {
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: HTTPStatus.BAD_REQUEST,
    HTTPStatus.UNPROCESSABLE_ENTITY: HTTPStatus.BAD_REQUEST,
}
"""Statuses with which that API answers in place of ours."""
OWN_FAULTS = frozenset(
    {
        AttemptsExhausted.name(),
        GivenUp.name(),
        ModelUnavailable.name(),
        WorkflowRefused.name(),
    }
)
"""Problems of a job that the client cannot mend."""
CODES = {
    HTTPStatus.UNAUTHORIZED: "invalid_api_key",
    HTTPStatus.TOO_MANY_REQUESTS: "rate_limit_exceeded",
}
"""Codes that clients know."""
FIELDS = {"initial-prompt": "prompt", "hotwords": "keywords"}
"""Fields of the API by the options that they mean, where the names differ."""
ABOUT_FIELDS = frozenset({UploadRefused.name(), BadOption.name()})
"""Problems of a request and of its job that may be about one field."""
WRONG_FIELD = re.compile(
    r"(?:(?:the request|object metadata): )?([a-z][a-z_-]*(?:\[\])?)(?: is|:) "
)
"""Begins the detail of such a problem if it is about one field."""

ErrorType = Literal["invalid_request_error", "rate_limit_error", "server_error"]


def is_openai_path(path: str) -> bool:
    """Returns whether a request is for OpenAI's API."""
    whole_path = f"{path}/"
    return whole_path.startswith(f"{FOLDER}/")


def openai_error(problem: Problem, headers: dict[str, str], *, can_wait_on: bool) -> JSONResponse:
    """Returns the response to a request that failed. A client repeats one that made a job only if
    the repetition waits for the same job."""
    if problem.job_id is not None:
        repeats = "true" if can_wait_on else "false"
        headers = {**headers, "X-Should-Retry": repeats}
    content = error_body(problem).model_dump()
    return JSONResponse(content, openai_status(problem), headers)


def error_body(problem: Problem) -> ErrorBody:
    status = openai_status(problem)
    parts = [problem.title]
    if problem.detail and problem.detail != problem.title:
        parts.append(problem.detail)
    details = ErrorDetails(
        message=" ".join(parts),
        type=type_of(status),
        param=wrong_field(problem),
        code=CODES.get(HTTPStatus(status)) or code_of(problem),
    )
    return ErrorBody(error=details)


def openai_status(problem: Problem) -> int:
    if problem.type in OWN_FAULTS:
        return HTTPStatus.INTERNAL_SERVER_ERROR
    status = HTTPStatus(problem.status)
    return STATUSES.get(status, status)


def type_of(status: int) -> ErrorType:
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return "server_error"
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return "rate_limit_error"
    return "invalid_request_error"


def code_of(problem: Problem) -> str | None:
    """Returns the problem's type as such codes are written, or None if it has none of our types."""
    if not problem.type.startswith(PROBLEM_TYPE):
        return None
    return problem.type.removeprefix(PROBLEM_TYPE).replace("-", "_")


def wrong_field(problem: Problem) -> str | None:
    """Returns the field of the form that is wrong, or None if it is none or not known."""
    if problem.type not in ABOUT_FIELDS:
        return None
    found = WRONG_FIELD.match(problem.detail or "")
    if found is None:
        return None
    field = found[1]
    return FIELDS.get(field, field)
