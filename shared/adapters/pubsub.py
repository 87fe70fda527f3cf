"""Events on a Pub/Sub topic. The only module that imports Pub/Sub's generated client.

The generated client publishes one message and waits; the library above it batches messages in
threads, which one message per job does not need. The client is made at the first event: no function
starts more slowly for it, and an outage then cannot fail a job.
"""

from functools import cache, partial

import grpc
from cloudevents.conversion import to_binary
from cloudevents.http import CloudEvent
from google.api_core.retry import Retry, if_transient_error
from google.pubsub_v1 import PublisherClient, PubsubMessage
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport

from shared.adapters.google import translate_google_errors
from shared.model.errors import EventsUnavailable
from shared.settings import settings

TIMEOUT = 10.0
"""Seconds that publishing may take, retries included, since finalize's caller waits for it. After
that, reconcile publishes the event."""
ATTEMPT_TIMEOUT = 5.0
"""Seconds that each request to publish may take."""

translate_errors = partial(translate_google_errors, EventsUnavailable, "Pub/Sub")


class PubSubEvents:
    """An EventPublisher to the topic of the settings.

    Attributes and data follow the binary mode of CloudEvents' Pub/Sub protocol binding.
    """

    def publish(self, event: CloudEvent) -> None:
        attributes, data = to_binary(event)
        message = PubsubMessage(attributes=attributes, data=data)
        retry = Retry(predicate=if_transient_error, initial=0.1, timeout=TIMEOUT)
        topic = settings().adapters.events_topic
        with translate_errors():
            publisher = client(settings().adapters.pubsub_host)
            publisher.publish(topic=topic, messages=[message], retry=retry, timeout=ATTEMPT_TIMEOUT)


@cache
def client(host: str | None) -> PublisherClient:
    """Returns a client of Google's Pub/Sub, or of an emulator at `host`, which takes no
    credentials."""
    if host is None:
        return PublisherClient()
    channel = grpc.insecure_channel(host)
    transport = PublisherGrpcTransport(channel=channel)
    return PublisherClient(transport=transport)
