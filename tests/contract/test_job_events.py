"""Every EventPublisher keeps the port's promises: memory's, the queue, and Pub/Sub's emulator."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from socket import create_server

import pytest
from cloudevents.http import CloudEvent, from_http

from shared.adapters import pubsub
from shared.adapters.memory import MemoryDocuments, MemoryEvents
from shared.adapters.pubsub import PubSubEvents
from shared.adapters.queued_events import QueuedEvents
from shared.jobs.events import cloud_event
from shared.jobs.job import Job
from shared.model.contracts import JobEvent, Problem, Source
from shared.model.errors import EventsUnavailable, JobStoreUnavailable
from shared.ports.documents import Document
from shared.ports.events import EventPublisher
from shared.settings import settings
from tests.support.pubsub_emulator import Subscriber, subscriber

NOW = datetime(2026, 11, 26, 7, 30, 0, 123456, UTC)
LONGEST_NAME = "ü" * 512
"""1024 bytes, as long as an object's name and an attribute's value may be."""
Received = Callable[[int], list[CloudEvent]]


def job(name: str = "team/call 1 #ü.mp3", problem: Problem | None = None) -> Job:
    """Returns a job that has ended, with the problem if there is one."""
    return Job(
        job_id="1f2e3d4c5b6a79880001",
        source=Source(bucket="inbox", name=name, generation=1795328389992551),
        run=2,
        execution="e",
        state="failed" if problem else "done",
        created=NOW,
        updated=NOW,
        expires=NOW,
        ended=NOW,
        problem=problem,
        results={"json": f"gs://outbox/{name}/transcript.json"},
        tags={"x-order-id": "77 ü"},
        notification="due",
    )


@pytest.fixture
def use_topic(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], None]]:
    """Gives a function that sets the topic and the host of Pub/Sub."""

    def set_topic(topic: str, host: str) -> None:
        monkeypatch.setenv("DROPSCRIBE_EVENTS_TOPIC", topic)
        monkeypatch.setenv("DROPSCRIBE_PUBSUB_HOST", host)
        settings.cache_clear()

    yield set_topic
    settings.cache_clear()


@pytest.fixture
def topic(pubsub_host: str, use_topic: Callable[[str, str], None]) -> Iterator[Subscriber]:
    with subscriber(pubsub_host) as topic_subscriber:
        use_topic(topic_subscriber.topic, pubsub_host)
        yield topic_subscriber


def pushed_events(queue: QueuedEvents) -> list[CloudEvent]:
    """Returns the events of the requests that deliver what is in the queue."""
    messages = [queued.request(attempt=1).message for queued in queue.waiting()]
    return [from_http(message.attributes, message.data) for message in messages]


@pytest.fixture(params=["memory", "queue", "pubsub"])
def pair(request: pytest.FixtureRequest) -> tuple[EventPublisher, Received]:
    """Gives a publisher, and a function that returns the events that have arrived."""
    if request.param == "memory":
        memory = MemoryEvents()
        return memory, lambda count: memory.events
    if request.param == "queue":
        queue = QueuedEvents(MemoryDocuments(), clock=NOW.timestamp)
        return queue, lambda count: pushed_events(queue)
    topic_subscriber: Subscriber = request.getfixturevalue("topic")
    return PubSubEvents(), topic_subscriber.until


def test_an_event_arrives_as_it_was_published(pair: tuple[EventPublisher, Received]) -> None:
    publisher, received = pair
    publisher.publish(cloud_event(job()))
    (arrived,) = received(1)
    assert arrived.get_attributes() == {
        "specversion": "1.0",
        "id": "1f2e3d4c5b6a79880001-2-done",
        "source": "urn:dropscribe:inbox:inbox",
        "type": "dropscribe.job.done",
        "subject": "team/call 1 #ü.mp3",
        "time": "2026-11-26T07:30:00.123456+00:00",
        "datacontenttype": "application/json",
    }
    assert arrived.get_data() == {
        "job_id": "1f2e3d4c5b6a79880001",
        "source": {"bucket": "inbox", "name": "team/call 1 #ü.mp3", "generation": 1795328389992551},
        "run": 2,
        "state": "done",
        "outputs": {"json": "gs://outbox/team/call 1 #ü.mp3/transcript.json"},
        "problem_type": None,
        "warnings": [],
        "tags": {"x-order-id": "77 ü"},
    }


def test_two_copies_of_an_event_have_the_same_id(pair: tuple[EventPublisher, Received]) -> None:
    publisher, received = pair
    for _ in range(2):
        publisher.publish(cloud_event(job()))
    assert [arrived["id"] for arrived in received(2)] == ["1f2e3d4c5b6a79880001-2-done"] * 2


def test_an_event_has_only_the_type_of_a_problem(pair: tuple[EventPublisher, Received]) -> None:
    publisher, received = pair
    problem = Problem(
        type="urn:dropscribe:problem:not-audio", title="T", status=415, detail="somebody's words"
    )
    publisher.publish(cloud_event(job(problem=problem)))
    (arrived,) = received(1)
    assert arrived["type"] == "dropscribe.job.failed"
    event = JobEvent.model_validate(arrived.get_data())
    assert event.problem_type == "urn:dropscribe:problem:not-audio"
    assert "somebody's words" not in str(arrived)


def test_an_event_can_have_the_longest_name(pair: tuple[EventPublisher, Received]) -> None:
    publisher, received = pair
    publisher.publish(cloud_event(job(LONGEST_NAME)))
    assert received(1)[0]["subject"] == LONGEST_NAME


def test_the_attributes_are_those_of_the_pubsub_binding(topic: Subscriber) -> None:
    """Any library can read them so."""
    PubSubEvents().publish(cloud_event(job()))
    pulled = topic.client.pull(subscription=topic.subscription, max_messages=1, timeout=30)
    (received,) = pulled.received_messages
    assert dict(received.message.attributes) == {
        "ce-specversion": "1.0",
        "ce-id": "1f2e3d4c5b6a79880001-2-done",
        "ce-source": "urn:dropscribe:inbox:inbox",
        "ce-type": "dropscribe.job.done",
        "ce-subject": "team/call 1 #ü.mp3",
        "ce-time": "2026-11-26T07:30:00.123456+00:00",
        "content-type": "application/json",
    }


class FullDocuments(MemoryDocuments):
    """Documents on a full disk."""

    def put(self, path: str, document: Document, if_version: object | None) -> bool:
        raise JobStoreUnavailable("SQLite: database or disk is full")


def test_a_queue_without_room_raises_events_unavailable() -> None:
    queue = QueuedEvents(FullDocuments(), clock=NOW.timestamp)
    with pytest.raises(EventsUnavailable, match="queue: SQLite: database or disk is full"):
        queue.publish(cloud_event(job()))


def test_a_missing_topic_raises_events_unavailable(
    pubsub_host: str, use_topic: Callable[[str, str], None]
) -> None:
    use_topic("projects/dropscribe-test/topics/none", pubsub_host)
    with pytest.raises(EventsUnavailable, match="NotFound from Pub/Sub"):
        PubSubEvents().publish(cloud_event(job()))


def test_a_refused_connection_raises_events_unavailable(
    use_topic: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    with create_server(("127.0.0.1", 0)) as closed:
        host = f"127.0.0.1:{closed.getsockname()[1]}"
    monkeypatch.setattr(pubsub, "TIMEOUT", 0.5)
    use_topic("projects/dropscribe-test/topics/t", host)
    with pytest.raises(EventsUnavailable, match="from Pub/Sub"):
        PubSubEvents().publish(cloud_event(job()))


def test_a_server_that_never_answers_raises_events_unavailable(
    use_topic: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pubsub, "TIMEOUT", 0.5)
    monkeypatch.setattr(pubsub, "ATTEMPT_TIMEOUT", 0.5)
    with create_server(("127.0.0.1", 0)) as server:
        use_topic("projects/dropscribe-test/topics/t", f"127.0.0.1:{server.getsockname()[1]}")
        with pytest.raises(EventsUnavailable, match="from Pub/Sub"):
            PubSubEvents().publish(cloud_event(job()))


def test_missing_credentials_raise_events_unavailable(
    use_topic: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    use_topic("projects/dropscribe-test/topics/t", "")
    monkeypatch.delenv("DROPSCRIBE_PUBSUB_HOST")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/missing/key.json")
    with pytest.raises(EventsUnavailable, match="DefaultCredentialsError from Pub/Sub"):
        PubSubEvents().publish(cloud_event(job()))
