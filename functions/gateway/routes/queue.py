"""Route of the queue: which jobs have not ended, and what each waits for."""

from typing import Annotated

from fastapi import APIRouter, Query

from functions.gateway.access import Reader
from functions.gateway.deployment import InDeployment
from functions.gateway.queue_reader import QueueReader
from functions.gateway.routes.jobs import Prefix
from shared.model.queue import Queue

router = APIRouter(tags=["jobs"])

MAX_LIMIT = 50
"""Jobs of an answer at most: the stage records of each are read."""
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]


@router.get("/api/v1/queue", response_description="The jobs that have not ended.")
def read_queue(
    caller: Reader, stores: InDeployment, prefix: Prefix = "", limit: Limit = 20
) -> Queue:
    """Show the jobs that have not ended in the key's folder, and what each waits for: those that
    run first, and of these the oldest first."""
    return QueueReader(stores.jobs, caller.folder).read(prefix, limit)
