"""Validates request bodies and builds problem responses, without a web framework."""

import flask
from pydantic import ValidationError

from shared.jobs.layout import problem_uri
from shared.jobs.store import JobStore
from shared.model.contracts import Problem, StageRequest
from shared.model.errors import BadRequest, Bug, RecordingErased, StageError, Transient
from shared.ports.blobs import BlobStore, wipe
from shared.runtime.execution import BUG_DETAIL, log


def parse(request: flask.Request) -> StageRequest:
    try:
        return StageRequest.model_validate_json(request.get_data())
    except ValidationError as error:
        raise BadRequest(reasons(error)) from error


def reasons(error: ValidationError) -> str:
    """What is wrong where, without the values, which may be anyone's secret."""
    return "; ".join(f"{'.'.join(map(str, e['loc'])) or 'body'}: {e['msg']}" for e in error.errors())


def final(name: str, asked: StageRequest, error: Exception) -> Problem:
    """The problem that ends the job."""
    if isinstance(error, StageError):
        log.warning("stage failed", extra={"problem": error.type, "status": error.status})
        return error.problem(asked.source.job_id, name)
    log.error("bug in a stage", exc_info=error)
    return Bug(BUG_DETAIL).problem(asked.source.job_id, name)


def leave(problem: Problem, asked: StageRequest, blobs: BlobStore, jobs: JobStore) -> Problem:
    """Leave the problem where finalize finds it: the workflow may see only that some branch failed."""
    if problem.status == RecordingErased.status:
        return problem  # nothing is to be left of it
    try:
        blobs.replace(problem_uri(asked.source), problem.model_dump_json().encode(), over=0)
        if jobs.erased(asked.source.job_id):
            wipe(problem_uri(asked.source), blobs)
    except Transient:
        log.warning("problem not left in work")  # the workflow still carries the response
    return problem
