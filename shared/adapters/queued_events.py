"""Events in a queue among the job store's documents, for one machine: local/bridge.py pushes them
to notify, as Pub/Sub does on Google.

Each event that was published is a document of its own, `event-queue/<message id>`, until it was
delivered. Two copies of an event are two documents, as they are two messages on Pub/Sub.
"""

import base64
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pkgutil import resolve_name
from typing import Literal

from cloudevents.conversion import to_binary
from cloudevents.http import CloudEvent

from shared.adapters.errors import translate_errors
from shared.jobs.job import StoredModel
from shared.model.errors import EventsUnavailable, JobStoreUnavailable
from shared.model.push import PushedMessage, PushRequest
from shared.ports.documents import Documents
from shared.settings import settings

COLLECTION = "event-queue"
KEPT = timedelta(days=7)
"""Time after which an event is given up, as long as Pub/Sub keeps a message."""
SUBSCRIPTION = "projects/dropscribe-local/subscriptions/notify"


class QueuedEvent(StoredModel):
    """An event that is still to be delivered."""

    message: PushedMessage
    state: Literal["waiting"] = "waiting"
    updated: datetime
    expires: datetime

    def request(self, attempt: int) -> PushRequest:
        """Returns the body of the request that delivers it for the `attempt`th time."""
        return PushRequest(
            message=self.message, subscription=SUBSCRIPTION, delivery_attempt=attempt
        )


@dataclass(frozen=True)
class QueuedEvents:
    """An EventPublisher to the queue in `documents`, and the queue's other end.

    `clock` returns seconds since the epoch.
    """

    documents: Documents
    clock: Callable[[], float]

    def publish(self, event: CloudEvent) -> None:
        attributes, data = to_binary(event)
        now = self.now()
        message_id = secrets.token_hex(16)
        message = PushedMessage(
            attributes=attributes,
            data=base64.b64encode(data),
            message_id=message_id,
            publish_time=now,
        )
        queued = QueuedEvent(message=message, updated=now, expires=now + KEPT)
        document = queued.model_dump(mode="json")
        with translate_errors((JobStoreUnavailable,), EventsUnavailable, "queue: {}".format):
            self.documents.put(path_of(message_id), document, if_version=None)

    def waiting(self) -> list[QueuedEvent]:
        """Returns the events that are still to be delivered, the oldest first.

        Raises JobStoreUnavailable.
        """
        documents = self.documents.query(COLLECTION, "state", "waiting")
        events = [QueuedEvent.model_validate(document) for document in documents]
        return sorted(events, key=lambda event: event.updated)

    def delete(self, message_id: str) -> None:
        """Delete an event that was delivered or given up. Raises JobStoreUnavailable."""
        path = path_of(message_id)
        self.documents.delete(path)

    def now(self) -> datetime:
        seconds = self.clock()
        return datetime.fromtimestamp(seconds, UTC)


def path_of(message_id: str) -> str:
    return f"{COLLECTION}/{message_id}"


def open_queue() -> QueuedEvents:
    """Returns the queue beside the jobs of the settings."""
    adapters = settings().adapters
    open_documents = resolve_name(adapters.job_documents)
    return QueuedEvents(open_documents(), clock=resolve_name(adapters.clock))
