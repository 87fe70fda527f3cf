"""Routes of jobs: look at them, wait for them, run them again, cancel and erase them."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from functions.gateway.access import Caller, Eraser, Reader, Writer
from functions.gateway.deployment import Deployment, InDeployment
from functions.gateway.job_access import JOB_ID, standing_job, visible_job
from functions.gateway.job_view import is_over, job_path, view_of
from functions.gateway.job_watch import InJobWatch, disconnected
from functions.gateway.openapi import problems
from shared.jobs.job import ERASED_NAME
from shared.model.api import JobView, RedriveRequest
from shared.model.errors import (
    AudioDeleted,
    NotFound,
    OptionsRefused,
    RecordingErased,
    RecordingGone,
    WorkflowRefused,
    WrongState,
)

router = APIRouter(tags=["jobs"], prefix="/api/v1/jobs")

MAX_WAIT = 60.0
"""Seconds for which a request waits for a job at most."""
SAME_OPTIONS = RedriveRequest()

JobId = Annotated[
    str, Path(description="Id of the job.", json_schema_extra={"pattern": f"^{JOB_ID.pattern}$"})
]
Wait = Annotated[float, Query(ge=0, le=MAX_WAIT, allow_inf_nan=False)]


@router.get(
    "/{job_id}",
    response_description="The job as it is now.",
    responses=problems(NotFound, RecordingErased),
)
async def read_job(
    job_id: JobId,
    request: Request,
    caller: Reader,
    stores: InDeployment,
    watch: InJobWatch,
    wait: Wait = 0,
) -> JobView:
    """Show a job.

    With `wait`, the answer comes when the job is done, failed or cancelled, at the latest after so
    many seconds. The answer for a job that has ended comes at once.
    """
    if wait:
        job = await run_in_threadpool(standing_job, job_id, caller, stores.jobs)
        if not is_over(job):
            await watch.wait(job_id, stores.jobs, wait, disconnected(request))
    return await run_in_threadpool(current_view, job_id, caller, stores)


@router.post(
    "/{job_id}/redrive",
    status_code=202,
    response_description="The job, which is queued.",
    responses=problems(
        NotFound,
        WrongState,
        RecordingErased,
        RecordingGone,
        AudioDeleted,
        OptionsRefused,
        WorkflowRefused,
    ),
)
def redrive_job(
    job_id: JobId,
    response: Response,
    caller: Writer,
    stores: InDeployment,
    request: RedriveRequest = SAME_OPTIONS,
) -> JobView:
    """Run a job again, maybe with other options. Only what they change is computed again.

    A job that is queued or running must be cancelled first.
    """
    standing_job(job_id, caller, stores.jobs)
    stores.operations.redrive(job_id, request.options)
    response.headers["Location"] = job_path(job_id)
    return current_view(job_id, caller, stores)


@router.post(
    "/{job_id}/cancel",
    status_code=202,
    response_description="The job, which is cancelled.",
    responses=problems(NotFound, WrongState, RecordingErased, WorkflowRefused),
)
def cancel_job(job_id: JobId, response: Response, caller: Writer, stores: InDeployment) -> JobView:
    """Cancel a job that has not ended. Its answer is a problem that says so; the recording stays.

    A cancelled job is answered as it is.
    """
    job = standing_job(job_id, caller, stores.jobs)
    if job.state != "cancelled":
        stores.operations.cancel_recording(job.source)
    response.headers["Location"] = job_path(job_id)
    return current_view(job_id, caller, stores)


@router.delete(
    "/{job_id}",
    status_code=202,
    response_class=Response,
    response_description="What was stored is deleted. A stage at work deletes what it still wrote.",
    responses=problems(NotFound, RecordingErased),
)
def erase_job(job_id: JobId, caller: Eraser, stores: InDeployment) -> None:
    """Erase the recording of a job, in all its generations, and everything made from it.

    Afterwards the job is answered with 410. An erasure that was interrupted can be repeated.
    """
    job = visible_job(job_id, caller, stores.jobs)
    if job.source.name == ERASED_NAME:
        raise RecordingErased("The recording and everything made from it were erased.")
    stores.operations.erase(job.source.bucket, job.source.name)


def current_view(job_id: str, caller: Caller, stores: Deployment) -> JobView:
    """Returns a job as it is now. Raises NotFound or RecordingErased."""
    job = standing_job(job_id, caller, stores.jobs)
    return view_of(job, stores)
