"""Validates request bodies and describes failures, without a web framework."""

import logging
from typing import TypeVar

from pydantic import BaseModel, JsonValue, ValidationError

from shared.model.contracts import Problem
from shared.model.errors import BadRequest, Bug, StageError, Transient

log = logging.getLogger(__name__)

M = TypeVar("M", bound=BaseModel)
BUG_DETAIL = "The log holds the traceback."
"""All that a caller may know of a bug: an exception's message may contain what was said."""


def validated(model: type[M], body: bytes | dict[str, JsonValue]) -> M:
    """Returns the model of a JSON body. Raises BadRequest, which names the wrong fields."""
    try:
        if isinstance(body, bytes):
            return model.model_validate_json(body or b"{}")
        return model.model_validate(body)
    except ValidationError as error:
        raise BadRequest(describe_errors(error)) from error


def describe_errors(error: ValidationError) -> str:
    """Returns the wrong fields and their errors, without the values, which may be secret."""
    descriptions = []
    for found in error.errors():
        field = ".".join(map(str, found["loc"])) or "body"
        descriptions.append(f"{field}: {found['msg']}")
    return "; ".join(descriptions)


def problem_of(error: Exception, function: str, job_id: str | None) -> Problem:
    """Returns what a caller may know of an exception, and logs the rest.

    Anything but a StageError is a bug.
    """
    if isinstance(error, Transient):
        log.info("not now: %s", error, extra={"status": error.status})
    elif isinstance(error, StageError):
        log.warning("request failed", extra={"problem": error.type, "status": error.status})
    else:
        log.error("bug in a function", exc_info=error)
        error = Bug(BUG_DETAIL)
    return error.problem(job_id, function)
