"""Every publisher of job events keeps the same promises: in memory and on Pub/Sub's emulator."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from socket import create_server

import pytest
from cloudevents.http import CloudEvent

from shared.adapters import pubsub
from shared.adapters.memory import MemoryEvents
from shared.adapters.pubsub import PubSubEvents
from shared.jobs.events import cloud_event
from shared.jobs.job import Job
from shared.model.contracts import JobEvent, Problem, Source
from shared.model.errors import EventsUnavailable
from shared.ports.events import EventPublisher
from shared.settings import settings
from tests.support.pubsub_emulator import Subscriber, subscriber

NOW = datetime(2026, 11, 26, 7, 30, 0, 123456, UTC)
LONGEST_NAME = "ü" * 512
"""1024 bytes, as long as an object's name and an attribute's value may be."""
Received = Callable[[int], list[CloudEvent]]


def job(name: str = "team/call 1 #ü.mp3", problem: Problem | None = None) -> Job:
    return Job(
        job_id="1f2e3d4c5b6a79880001", source=Source(bucket="inbox", name=name, generation=1795328389992551),
        run=2, execution="e", state="failed" if problem else "done", created=NOW, updated=NOW, expires=NOW, ended=NOW,
        problem=problem, results={"json": f"gs://outbox/{name}/transcript.json"}, notification="due",
    )  # fmt: skip


@pytest.fixture
def settings_of(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], None]]:
    def point(topic: str, host: str) -> None:
        monkeypatch.setenv("DROPSCRIBE_EVENTS_TOPIC", topic)
        monkeypatch.setenv("DROPSCRIBE_PUBSUB_HOST", host)
        settings.cache_clear()

    yield point
    settings.cache_clear()


@pytest.fixture
def topic(pubsub_host: str, settings_of: Callable[[str, str], None]) -> Iterator[Subscriber]:
    with subscriber(pubsub_host) as listening:
        settings_of(listening.topic, pubsub_host)
        yield listening


@pytest.fixture(params=["memory", "pubsub"])
def pair(request: pytest.FixtureRequest) -> tuple[EventPublisher, Received]:
    """Who publishes, and what a subscriber then has."""
    if request.param == "memory":
        memory = MemoryEvents()
        return memory, lambda count: memory.events
    listening: Subscriber = request.getfixturevalue("topic")
    return PubSubEvents(), listening.until


def test_an_event_arrives_as_it_was_published(pair: tuple[EventPublisher, Received]) -> None:
    completions, received = pair
    completions.publish(cloud_event(job()))
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
    }


def test_of_two_copies_the_id_is_the_same(pair: tuple[EventPublisher, Received]) -> None:
    completions, received = pair
    for _ in range(2):
        completions.publish(cloud_event(job()))
    assert [arrived["id"] for arrived in received(2)] == ["1f2e3d4c5b6a79880001-2-done"] * 2


def test_a_problem_is_told_by_its_type_alone(pair: tuple[EventPublisher, Received]) -> None:
    completions, received = pair
    problem = Problem(
        type="urn:dropscribe:problem:not-audio", title="T", status=415, detail="somebody's words"
    )
    completions.publish(cloud_event(job(problem=problem)))
    (arrived,) = received(1)
    assert arrived["type"] == "dropscribe.job.failed"
    assert (
        JobEvent.model_validate(arrived.get_data()).problem_type
        == "urn:dropscribe:problem:not-audio"
    )
    assert "somebody's words" not in str(arrived)


def test_the_longest_name_can_be_told(pair: tuple[EventPublisher, Received]) -> None:
    completions, received = pair
    completions.publish(cloud_event(job(LONGEST_NAME)))
    assert received(1)[0]["subject"] == LONGEST_NAME


def test_the_attributes_are_those_of_the_binding(topic: Subscriber) -> None:
    """As Pub/Sub shows them to any subscriber, whatever library reads them."""
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


def test_a_topic_that_is_not_there_is_an_outage(
    pubsub_host: str, settings_of: Callable[[str, str], None]
) -> None:
    settings_of("projects/dropscribe-test/topics/none", pubsub_host)
    with pytest.raises(EventsUnavailable, match="NotFound from Pub/Sub"):
        PubSubEvents().publish(cloud_event(job()))


def test_nobody_who_listens_is_an_outage(
    settings_of: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    with create_server(("127.0.0.1", 0)) as taken:
        host = f"127.0.0.1:{taken.getsockname()[1]}"
    monkeypatch.setattr(pubsub, "TIMEOUT", 0.5)
    settings_of("projects/dropscribe-test/topics/t", host)
    with pytest.raises(EventsUnavailable, match="from Pub/Sub"):
        PubSubEvents().publish(cloud_event(job()))


def test_who_takes_a_call_and_never_answers_is_an_outage(
    settings_of: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pubsub, "TIMEOUT", 0.5)
    monkeypatch.setattr(pubsub, "ATTEMPT", 0.5)
    with create_server(("127.0.0.1", 0)) as deaf:
        settings_of("projects/dropscribe-test/topics/t", f"127.0.0.1:{deaf.getsockname()[1]}")
        with pytest.raises(EventsUnavailable, match="from Pub/Sub"):
            PubSubEvents().publish(cloud_event(job()))


def test_without_credentials_nobody_can_be_told(
    settings_of: Callable[[str, str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings_of("projects/dropscribe-test/topics/t", "")
    monkeypatch.delenv("DROPSCRIBE_PUBSUB_HOST")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/nowhere/key.json")
    with pytest.raises(EventsUnavailable, match="DefaultCredentialsError from Pub/Sub"):
        PubSubEvents().publish(cloud_event(job()))
