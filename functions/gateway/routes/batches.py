"""Routes of batches: several jobs with one end."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from functions.gateway.access import Caller, Reader
from functions.gateway.batch_view import batch_view
from functions.gateway.deployment import InDeployment
from functions.gateway.job_access import NO_JOB
from functions.gateway.openapi import problems
from functions.gateway.upload_checks import text_bytes
from shared.jobs.batch_store import BatchStore
from shared.jobs.job import Job
from shared.model.api_paths import batch_path
from shared.model.batches import MAX_BATCH_JOBS, BatchRequest, BatchView
from shared.model.errors import BadRequest, NotFound
from shared.model.object_metadata import MAX_TAG_BYTES

router = APIRouter(tags=["jobs"], prefix="/api/v1/batches")

BATCH_ID = "^b-[0-9a-f]{20}$"
BatchId = Annotated[
    str, Path(description="Id of the batch.", json_schema_extra={"pattern": BATCH_ID})
]


@router.post(
    "",
    status_code=201,
    response_description="The batch.",
    responses=problems(BadRequest, NotFound),
)
def create_batch(
    asked: BatchRequest, response: Response, caller: Reader, stores: InDeployment
) -> BatchView:
    """Make a batch of jobs, which has one end: the event `dropscribe.batch.done` of the feed, once
    all of them have ended.

    The jobs stay the same ones. A job that has ended already, or is erased, counts as ended.
    """
    if text_bytes(asked.metadata) > MAX_TAG_BYTES:
        raise BadRequest(f"metadata: has more than {MAX_TAG_BYTES} bytes")
    batches = BatchStore(stores.jobs, stores.publisher)
    jobs = jobs_of(asked, caller, batches)
    batch = batches.create(caller.key_id, caller.folder, jobs, asked.metadata)
    response.headers["Location"] = batch_path(batch.batch_id)
    return batch_view(batch)


@router.get("/{batch_id}", response_description="The batch.", responses=problems(NotFound))
def read_batch(batch_id: BatchId, caller: Reader, stores: InDeployment) -> BatchView:
    """Show a batch: how many of its jobs have ended, and how each of them did."""
    batch = BatchStore(stores.jobs, stores.publisher).find(batch_id)
    if batch is None or not batch.folder.startswith(caller.folder):
        raise NotFound("There is no such batch.")
    return batch_view(batch)


def jobs_of(asked: BatchRequest, caller: Caller, batches: BatchStore) -> list[Job]:
    """Returns the jobs that are asked for. Raises BadRequest, or NotFound for one that the caller
    may not see."""
    if asked.jobs is None:
        return jobs_with_prefix(asked.prefix or "", caller, batches)
    found = []
    for job in batches.read_jobs(asked.jobs):
        if job is None or not job.is_in(caller.folder):
            raise NotFound(NO_JOB)
        found.append(job)
    return found


def jobs_with_prefix(prefix: str, caller: Caller, batches: BatchStore) -> list[Job]:
    """Returns the jobs whose recordings' names begin so. Raises BadRequest for none, and for more
    than a batch may have."""
    found: list[Job] = []
    cursor: str | None = None
    while True:
        page, cursor = batches.jobs.list_page(
            caller.folder, name_prefix=prefix, cursor=cursor, limit=MAX_BATCH_JOBS
        )
        found += page
        if len(found) > MAX_BATCH_JOBS:
            raise BadRequest(f"prefix: more than {MAX_BATCH_JOBS} jobs have it")
        if cursor is None:
            break
    if not found:
        raise BadRequest("prefix: no job has it")
    return found
