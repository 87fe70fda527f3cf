"""The feed of events on the wire: `GET /api/v1/events`."""

from shared.model.contracts import WireModel
from shared.model.webhooks import WebhookPayload


class FeedEvent(WebhookPayload):
    """An event of the feed: what a webhook is sent, its id and a cursor.

    Of an erased recording the name is "(erased)", and there is no metadata.
    """

    id: str
    """The same that a webhook has in `webhook-id`."""
    cursor: str
    """`after` of a request for the events that follow this one."""


class EventFeed(WireModel):
    """Events in the order in which they were recorded."""

    events: tuple[FeedEvent, ...]
    """Empty if none follows."""
    cursor: str
    """`after` of the next request. It is another text each time."""
    has_gap: bool
    """Whether `after` is older than events are kept, so that events may have expired unread."""
