"""What the project needs of a publisher of events."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from cloudevents.http import CloudEvent


class EventPublisher(Protocol):
    """A topic to which the ends of jobs are published."""

    def publish(self, event: CloudEvent) -> None:
        """Publish an event. It will be delivered once this returns.

        Raises EventsUnavailable; the event may have been published all the same.
        """
        ...


@dataclass(frozen=True)
class SeveralPublishers:
    """An EventPublisher to all of these. After a failure the event is published again to each."""

    publishers: Sequence[EventPublisher]

    def publish(self, event: CloudEvent) -> None:
        for publisher in self.publishers:
            publisher.publish(event)
