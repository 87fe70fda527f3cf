"""The route of the feed: the ends of jobs, for clients that have no address for webhooks."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.concurrency import run_in_threadpool

from functions.gateway.access import Reader
from functions.gateway.deployment import InDeployment
from functions.gateway.event_page import EventReader
from functions.gateway.event_watch import InEventWatch
from functions.gateway.job_watch import disconnected
from functions.gateway.openapi import problems
from functions.gateway.routes.jobs import Limit, Wait
from shared.model.errors import BadRequest
from shared.model.event_feed import EventFeed

router = APIRouter(tags=["events"], prefix="/api/v1/events")

After = Annotated[
    str | None,
    Query(
        max_length=200,
        description="A `cursor` that a former answer had. None: the oldest event that is kept.",
    ),
]


@router.get("", response_description="Events, the earliest first.", responses=problems(BadRequest))
async def list_events(
    request: Request,
    caller: Reader,
    stores: InDeployment,
    watch: InEventWatch,
    after: After = None,
    wait: Wait = 0,
    limit: Limit = 50,
) -> EventFeed:
    """List the ends of jobs in the key's folder, each once, in the order in which they were
    recorded.

    With `wait` the answer comes once there is an event, or at the latest after so many seconds. A
    client that goes on from the cursor of the last event that it has handled misses none.
    """
    reader = await run_in_threadpool(EventReader, stores.events, caller.folder, after)
    with watch.waiting(stores.events, reader.last, caller.folder) as waiter:
        feed = await run_in_threadpool(reader.read, limit)
        if feed.events or not wait:
            return feed
        await waiter.wait(wait, disconnected(request))
    return await run_in_threadpool(reader.read, limit)
