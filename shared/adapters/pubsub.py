"""Completions on a Pub/Sub topic, through Google's generated client. The only module that imports
it.

The generated client publishes one message and waits; the one above it batches in threads, which a
message a job does not need. It is made at the first event: no function starts slower for it, and a
job's end is no place to fail.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import grpc
from cloudevents.conversion import to_binary
from cloudevents.http import CloudEvent
from google.api_core import exceptions as gone_wrong
from google.api_core.retry import Retry, if_transient_error
from google.auth.exceptions import GoogleAuthError
from google.pubsub_v1 import PublisherClient, PubsubMessage
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport

from shared.model.errors import EventsUnavailable
from shared.settings import settings

TIMEOUT = 10.0
"""Seconds in which an event is published, retries included, or left to reconcile: finalize's caller
waits for it."""
ATTEMPT = 5.0
"""Seconds that one of its requests may take."""


class PubSubEvents:
    """The topic that the settings name. Attributes and data follow the Pub/Sub protocol binding's
    binary mode."""

    def publish(self, event: CloudEvent) -> None:
        attributes, data = to_binary(event)
        message = PubsubMessage(attributes=attributes, data=data)
        retry = Retry(predicate=if_transient_error, initial=0.1, timeout=TIMEOUT)
        with translate_errors():
            client(settings().pubsub_host).publish(
                topic=settings().events_topic, messages=[message], retry=retry, timeout=ATTEMPT
            )


@cache
def client(host: str | None) -> PublisherClient:
    """To Google, with its credentials; to a host of one's own, without any."""
    if host is None:
        return PublisherClient()
    return PublisherClient(transport=PublisherGrpcTransport(channel=grpc.insecure_channel(host)))


@contextmanager
def translate_errors() -> Iterator[None]:
    """A missing topic, right or credential is an outage too: somebody will mend it, and reconcile
    tells it then."""
    try:
        yield
    except (gone_wrong.GoogleAPICallError, gone_wrong.RetryError, GoogleAuthError) as error:
        raise EventsUnavailable(f"{type(error).__name__} from Pub/Sub") from error
