"""Routes of jobs: look at them, wait for them, run them again, cancel and erase them."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import AwareDatetime

from functions.gateway.access import Caller, Eraser, Reader, Writer
from functions.gateway.deployment import Deployment, InDeployment
from functions.gateway.job_access import JOB_ID, standing_job, visible_job
from functions.gateway.job_view import current_view, is_over, job_states, job_summary
from functions.gateway.job_watch import InJobWatch, disconnected
from functions.gateway.openapi import problems
from shared.jobs.job import ERASED_NAME
from shared.model.api import ApiState, JobPage, JobView, RedriveRequest
from shared.model.api_paths import job_path
from shared.model.errors import (
    AudioDeleted,
    BadRequest,
    NotFound,
    OptionsRefused,
    RecordingErased,
    RecordingGone,
    WorkflowRefused,
    WrongState,
)
from shared.runtime.job_traces import traced

router = APIRouter(tags=["jobs"], prefix="/api/v1/jobs")

MAX_LIMIT = 200
"""Jobs of a page at most."""
MAX_PREFIX = 1024
"""Characters of a name in Cloud Storage at most."""
MAX_WAIT = 60.0
"""Seconds for which a request waits for a job at most."""
SAME_OPTIONS = RedriveRequest()

JobId = Annotated[
    str, Path(description="Id of the job.", json_schema_extra={"pattern": f"^{JOB_ID.pattern}$"})
]
Prefix = Annotated[str, Query(max_length=MAX_PREFIX)]
Cursor = Annotated[
    str | None, Query(max_length=200, description="`next_cursor` of the page before.")
]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]
Wait = Annotated[float, Query(ge=0, le=MAX_WAIT, allow_inf_nan=False)]


@router.get("", response_description="A page of jobs.", responses=problems(BadRequest))
def list_jobs(
    caller: Reader,
    stores: InDeployment,
    state: ApiState | None = None,
    prefix: Prefix = "",
    created_after: AwareDatetime | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> JobPage:
    """List jobs in the key's folder, the newest first.

    They can be chosen by state, by what their recordings' names begin with (folders included), and
    by time. A page may be short, or empty, before the end of the list: the last one has no
    `next_cursor`.
    """
    jobs, next_cursor = stores.jobs.list_page(
        caller.folder,
        states=job_states(state) if state else (),
        name_prefix=prefix,
        created_after=created_after,
        cursor=cursor,
        limit=limit,
    )
    summaries = [job_summary(job) for job in jobs]
    return JobPage(jobs=tuple(summaries), next_cursor=next_cursor)


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
    return await run_in_threadpool(found_view, job_id, caller, stores)


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
    with traced("redrive", lambda: stores.jobs, job_id):
        stores.operations.redrive(job_id, request.options)
    response.headers["Location"] = job_path(job_id)
    return found_view(job_id, caller, stores)


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
        with traced("cancel", lambda: stores.jobs, job_id):
            stores.operations.cancel_recording(job.source)
    response.headers["Location"] = job_path(job_id)
    return found_view(job_id, caller, stores)


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


def found_view(job_id: str, caller: Caller, stores: Deployment) -> JobView:
    """Returns a job as it is now. Raises NotFound or RecordingErased."""
    job = standing_job(job_id, caller, stores.jobs)
    return current_view(job, stores)
