"""Route of what jobs took and cost."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from functions.gateway.access import Reader
from functions.gateway.deployment import InDeployment
from functions.gateway.spending import spending_page
from shared.model.spending import SpendingPage

router = APIRouter(tags=["metrics"])

MAX_LIMIT = 100
"""Jobs of a page at most: the stage records of each are read."""
WEEK = timedelta(days=7)
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]


@router.get("/api/v1/costs", response_description="A page of jobs that have ended.")
def read_costs(
    caller: Reader,
    stores: InDeployment,
    since: AwareDatetime | None = None,
    before: AwareDatetime | None = None,
    limit: Limit = MAX_LIMIT,
) -> SpendingPage:
    """List what the jobs in the key's folder took and cost that ended after `since`, the last one
    first. Without it, those of the last week.

    The seconds are those that the stages measured. Records are kept for DROPSCRIBE_KEEP_DAYS.
    """
    if since is None:
        now = datetime.fromtimestamp(stores.jobs.clock(), UTC)
        since = now - WEEK
    return spending_page(stores.jobs, caller.folder, since, before, limit)
