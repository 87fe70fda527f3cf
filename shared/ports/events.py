"""What the project needs of a publisher of events."""

from typing import Protocol

from cloudevents.http import CloudEvent


class EventPublisher(Protocol):
    """A topic to which the ends of jobs are published."""

    def publish(self, event: CloudEvent) -> None:
        """Publish an event. It will be delivered once this returns.

        Raises EventsUnavailable; the event may have been published all the same.
        """
        ...
