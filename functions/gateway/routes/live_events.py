"""The route of a job's live events."""

from typing import Annotated, Any

from fastapi import APIRouter, Header, Response
from fastapi.concurrency import run_in_threadpool

from functions.gateway.access import Reader
from functions.gateway.deployment import InDeployment
from functions.gateway.event_stream import EventStream, InListener, server_sent
from functions.gateway.examples import EVENT_STREAM
from functions.gateway.job_access import standing_job
from functions.gateway.job_view import is_over
from functions.gateway.live_events import Bookmark, InLiveEvents
from functions.gateway.openapi import event_stream, problems
from functions.gateway.routes.jobs import JobId
from shared.model.errors import NotFound, RecordingErased

router = APIRouter(tags=["jobs"], prefix="/api/v1/jobs")

LastEventId = Annotated[
    str,
    Header(
        alias="Last-Event-ID",
        max_length=300,
        description="`id` of the last event that the client got. The stream goes on after it.",
    ),
]
DECLARED: dict[int | str, dict[str, Any]] = {
    200: {"content": event_stream(EVENT_STREAM)},
    204: {"description": "The client has the end already: it need not connect again."},
    **problems(NotFound, RecordingErased),
}


@router.get(
    "/{job_id}/events",
    response_class=Response,
    response_description="Events, until the job ends or the stream's time is up.",
    responses=DECLARED,
)
async def follow_job(
    job_id: JobId,
    caller: Reader,
    stores: InDeployment,
    listener: InListener,
    events: InLiveEvents,
    last_event_id: LastEventId = "",
) -> Response:
    """Follow a job as server-sent events.

    The first event is `job.state`, with the whole job; it comes again when the state changes.
    `job.progress` says how far the job is, and `job.segment` has the words of a part that is
    already transcribed, unless the option `replacements` will change them. The last event is
    `job.done`, `job.failed` or `job.cancelled`. A stream that ends without it has only reached its
    time: connect again with `Last-Event-ID`, and no words come twice.
    """
    bookmark = Bookmark.parse(last_event_id)
    job = await run_in_threadpool(standing_job, job_id, caller, stores.jobs)
    has_ended = is_over(job)
    if has_ended and bookmark.is_over and bookmark.run == job.run:
        return Response(status_code=204)
    if has_ended and not last_event_id:
        bookmark = Bookmark.with_all_parts(job)
    happenings = events.listen(job_id, stores, bookmark, listener)
    return EventStream(server_sent(happenings), listener)
