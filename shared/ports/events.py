"""What the project needs of a publisher of job events."""

from typing import Protocol

from cloudevents.http import CloudEvent


class EventPublisher(Protocol):
    """Those who want to know when a job has ended."""

    def publish(self, event: CloudEvent) -> None:
        """Return once it is sure to be delivered; raise CompletionsUnavailable when that may be so
        later."""
        ...
