"""Reads events for a caller, as the feed shows them."""

from datetime import UTC, datetime, timedelta

from shared.jobs.event_cursors import EventCursor, EventCursors
from shared.jobs.event_log import EventLog
from shared.jobs.job import ERASED_NAME
from shared.jobs.logged_event import LoggedEvent
from shared.model.api_paths import job_path
from shared.model.batches import batch_end
from shared.model.errors import BadRequest
from shared.model.event_feed import BatchEvent, EventFeed, FeedEvent, FeedItem
from shared.model.object_metadata import client_metadata
from shared.model.webhooks import PayloadData, PayloadLinks


class EventReader:
    """Reads the events of a folder of the inbox that follow a cursor."""

    def __init__(self, events: EventLog, folder: str, after: str | None) -> None:
        """Raises BadRequest if `after` is no cursor of the deployment. None: before the first."""
        self.events = events
        self.folder = folder
        self.last = events.last_number()
        """The last event of all, or one before it."""
        self._cursors = EventCursors(events.documents)
        self._now = datetime.fromtimestamp(events.clock(), UTC)
        self._number = 0
        self._has_gap = False
        if after is not None:
            self._go_to(self._cursors.read(after))

    def _go_to(self, cursor: EventCursor) -> None:
        if cursor.number > self.last:
            raise BadRequest("after: the events before it are lost; begin without it")
        kept = timedelta(days=self.events.keep_days)
        self._number = cursor.number
        self._has_gap = cursor.issued < self._now - kept

    def read(self, limit: int) -> EventFeed:
        """Returns at most `limit` events. There are none only if none follows."""
        number = self._number
        views: list[FeedItem] = []
        has_more = True
        while has_more and not views:
            logged = self.events.read(number, limit, self.folder)
            views = [self._view(event) for event in logged if event.is_shown]
            number = logged[-1].number if logged else number
            has_more = len(logged) == limit
        cursor = self._cursor_text(number)
        return EventFeed(events=tuple(views), cursor=cursor, has_gap=self._has_gap)

    def _view(self, event: LoggedEvent) -> FeedItem:
        cursor = self._cursor_text(event.number)
        fields = {
            "type": event.type,
            "timestamp": event.time,
            "id": event.event_id,
            "cursor": cursor,
        }
        if event.batch is not None:
            ended = event.batch
            end = batch_end(ended.batch_id, ended.counts, ended.metadata)
            return BatchEvent.model_validate({**fields, "data": end})
        return FeedEvent.model_validate({**fields, "data": end_data(event)})

    def _cursor_text(self, number: int) -> str:
        return self._cursors.text_of(EventCursor(number, self._now))


def end_data(event: LoggedEvent) -> PayloadData:
    """Returns how a job ended, as a webhook is sent it."""
    job = event.ended_job
    path = job_path(job.job_id)
    has_transcript = event.state == "done" and job.name is not None
    transcript = f"{path}/transcript" if has_transcript else None
    links = PayloadLinks(job=path, transcript=transcript)
    fields = {
        "job_id": job.job_id,
        "name": job.name if job.name is not None else ERASED_NAME,
        "run": job.run,
        "state": event.state,
        "problem_type": job.problem_type,
        "warnings": job.warnings,
        "metadata": client_metadata(job.tags),
        "links": links,
    }
    return PayloadData.model_validate(fields)
