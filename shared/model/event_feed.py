"""The feed of events on the wire: `GET /api/v1/events`."""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from shared.model.batches import BatchEnd
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


class BatchEvent(WireModel):
    """The end of a batch in the feed."""

    type: Literal["dropscribe.batch.done"]
    timestamp: AwareDatetime
    """When the last of its jobs had ended."""
    data: BatchEnd
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
