"""The feed of events on the wire: `GET /api/v1/events`."""

from typing import Annotated

from pydantic import Field

from shared.model.batches import BatchPayload
from shared.model.contracts import WireModel
from shared.model.webhooks import WebhookPayload


class FeedEvent(WebhookPayload):
    """The end of a job in the feed: what a webhook is sent, its id and a cursor.

    Of an erased recording the name is "(erased)", and there is no metadata.
    """

    id: str
    """The same that a webhook has in `webhook-id`."""
    cursor: str
    """`after` of a request for the events that follow this one."""


class BatchEvent(BatchPayload):
    """The end of a batch in the feed: what a webhook is sent, its id and a cursor."""

    id: str
    cursor: str
    """`after` of a request for the events that follow this one."""


FeedItem = Annotated[FeedEvent | BatchEvent, Field(discriminator="type")]
"""An event of the feed, which its type tells."""


class EventFeed(WireModel):
    """Events in the order in which they were recorded."""

    events: tuple[FeedItem, ...]
    """Empty if none follows."""
    cursor: str
    """`after` of the next request. It is another text each time."""
    has_gap: bool
    """Whether `after` is older than events are kept, so that events may have expired unread."""
