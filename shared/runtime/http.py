"""Validates request bodies and describes failures, without a web framework."""

import logging
from typing import TypeVar

from pydantic import BaseModel, JsonValue, ValidationError

from shared.model.contracts import Problem, StageRequest
from shared.model.errors import BadRequest, Bug, StageError

log = logging.getLogger(__name__)

M = TypeVar("M", bound=BaseModel)
BUG_DETAIL = "The log holds the traceback."
"""All that a caller may know of a bug: the exception's message may hold what was said."""


def validated(model: type[M], body: bytes | dict[str, JsonValue]) -> M:
    """Returns the model of a JSON body. Raises BadRequest, which names the wrong fields."""
    try:
        if isinstance(body, bytes):
            return model.model_validate_json(body)
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


def final_problem(stage: str, request: StageRequest, error: Exception) -> Problem:
    """Returns the problem that ends the job. Anything but a StageError is a bug."""
    job_id = request.source.job_id
    if isinstance(error, StageError):
        log.warning("stage failed", extra={"problem": error.type, "status": error.status})
        return error.problem(job_id, stage)
    log.error("bug in a stage", exc_info=error)
    return Bug(BUG_DETAIL).problem(job_id, stage)
