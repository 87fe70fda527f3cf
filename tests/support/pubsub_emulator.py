"""gcloud's Pub/Sub emulator, and a subscriber to a topic of its own in it."""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import grpc
from cloudevents.http import CloudEvent, from_http
from google.api_core.exceptions import DeadlineExceeded
from google.protobuf.duration_pb2 import Duration
from google.pubsub_v1 import PublisherClient, PushConfig, RetryPolicy, SubscriberClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcTransport
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcTransport
from google.pubsub_v1.types import Subscription

from tests.support.gcloud_emulator import Emulator

PROJECT = "projects/dropscribe-test"


def call(host: str) -> None:
    with grpc.insecure_channel(host) as channel:
        publisher = PublisherClient(transport=PublisherGrpcTransport(channel=channel))
        publisher.create_topic(name=f"{PROJECT}/topics/ready-{uuid.uuid4().hex}", timeout=5)


PUBSUB = Emulator(
    component="pubsub-emulator",
    jar="platform/pubsub-emulator/lib/cloud-pubsub-emulator-*-all.jar",
    main="com.google.cloud.pubsub.testing.v1.Main",
    call=call,
)


@dataclass
class Subscriber:
    """Keeps all that it was sent, copies too."""

    client: SubscriberClient
    topic: str
    subscription: str
    events: list[CloudEvent] = field(default_factory=list)

    def until(self, count: int, timeout: float = 60) -> list[CloudEvent]:
        """All events so far, once there are so many."""
        deadline = time.monotonic() + timeout
        while len(self.events) < count:
            assert time.monotonic() < deadline, (
                f"{len(self.events)} of {count} events after {timeout} s"
            )
            self.pull(5)
        return self.events

    def pull(self, timeout: float) -> None:
        """What there is, or comes within that time."""
        try:
            pulled = self.client.pull(
                subscription=self.subscription, max_messages=100, retry=None, timeout=timeout
            )
        except DeadlineExceeded:
            return
        for received in pulled.received_messages:
            self.events.append(from_http(dict(received.message.attributes), received.message.data))
            self.client.acknowledge(subscription=self.subscription, ack_ids=[received.ack_id])


@contextmanager
def subscriber(host: str) -> Iterator[Subscriber]:
    """Of a new topic."""
    name = uuid.uuid4().hex
    topic, subscription = f"{PROJECT}/topics/t-{name}", f"{PROJECT}/subscriptions/s-{name}"
    with grpc.insecure_channel(host) as channel:
        PublisherClient(transport=PublisherGrpcTransport(channel=channel)).create_topic(name=topic)
        client = SubscriberClient(transport=SubscriberGrpcTransport(channel=channel))
        client.create_subscription(name=subscription, topic=topic)
        yield Subscriber(client, topic, subscription)


@contextmanager
def pushing(host: str, url: str) -> Iterator[str]:
    """Gives the name of a new topic, whose messages are pushed to `url` until it accepts them."""
    name = uuid.uuid4().hex
    topic = f"{PROJECT}/topics/t-{name}"
    subscription = Subscription(
        name=f"{PROJECT}/subscriptions/s-{name}",
        topic=topic,
        push_config=PushConfig(push_endpoint=url),
        ack_deadline_seconds=60,
        retry_policy=RetryPolicy(
            minimum_backoff=Duration(seconds=1), maximum_backoff=Duration(seconds=2)
        ),
    )
    with grpc.insecure_channel(host) as channel:
        PublisherClient(transport=PublisherGrpcTransport(channel=channel)).create_topic(name=topic)
        client = SubscriberClient(transport=SubscriberGrpcTransport(channel=channel))
        client.create_subscription(request=subscription)
        yield topic
        client.delete_subscription(subscription=subscription.name)
