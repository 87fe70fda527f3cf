"""A Pub/Sub subscriber receives an event for each ended job, with engines that do nothing."""

import time
from collections.abc import Iterator

import httpx
import pytest
from cloudevents.http import CloudEvent

from local.layout import OUTBOX
from shared.adapters.queued_events import QueuedEvents
from shared.model.contracts import JobEvent, Source
from shared.model.formats import PEAKS_FILE
from tests.support.cloud import Cloud
from tests.support.pubsub_emulator import PUBSUB, Subscriber, subscriber
from tests.support.recordings import speech, wav
from tests.support.slow import ENVIRONMENT

pytestmark = (
    pytest.mark.slow
)  # the publisher's contract test runs on this emulator with each change

FIVE_SECONDS = speech()[104_000:184_000]


@pytest.fixture(scope="module")
def host() -> Iterator[str]:
    if reason := PUBSUB.missing():
        pytest.skip(reason)
    with PUBSUB.running() as host:
        yield host


@pytest.fixture(scope="module")
def told(host: str) -> Iterator[Subscriber]:
    with subscriber(host) as told:
        yield told


@pytest.fixture(scope="module")
def telling(
    told: Subscriber, host: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cloud]:
    topic = {"DROPSCRIBE_EVENTS_TOPIC": told.topic, "DROPSCRIBE_PUBSUB_HOST": host}
    cloud = Cloud(tmp_path_factory.mktemp("telling"), {**ENVIRONMENT, **topic})
    cloud.up()
    yield cloud
    cloud.down()


def job_event(event: CloudEvent) -> JobEvent:
    return JobEvent.model_validate(event.get_data())


def of(source: Source, told: Subscriber) -> CloudEvent:
    """The first event of that job."""
    while not (
        found := [event for event in told.events if job_event(event).job_id == source.job_id]
    ):
        told.until(len(told.events) + 1)
    return found[0]


def test_an_event_is_published_when_the_answer_is_written(telling: Cloud, told: Subscriber) -> None:
    source = telling.upload("team/ünïcode 1.wav", wav(FIVE_SECONDS))
    event = of(source, told)
    said = job_event(event)
    assert (said.source, said.run, said.state) == (source, 1, "done")
    assert (event["subject"], event["type"]) == ("team/ünïcode 1.wav", "dropscribe.job.done")
    files = set(telling.files(source.name))
    transcripts = {f"gs://{OUTBOX}/{source.name}/{name}" for name in files - {PEAKS_FILE}}
    assert PEAKS_FILE in files
    assert set(said.outputs.values()) == transcripts, "all of them are there already"
    assert said.outputs["json"] == f"gs://{OUTBOX}/{source.name}/transcript.json"


def test_an_event_is_published_for_a_problem_too(telling: Cloud, told: Subscriber) -> None:
    source = telling.upload("no-sound.mp3", b"this is no recording")
    said = job_event(of(source, told))
    assert (said.state, said.problem_type) == ("failed", "urn:dropscribe:problem:not-audio")
    assert said.outputs == {"problem": f"gs://{OUTBOX}/no-sound.mp3/problem.json"}


def test_reconcile_publishes_what_finalize_could_not(telling: Cloud, told: Subscriber) -> None:
    source = telling.upload("untold.wav", wav(FIVE_SECONDS))
    first = of(source, told)
    telling.until(lambda: telling.job(source).notification == "sent", 30, "end of the announcement")
    path = f"jobs/{source.job_id}"
    found = telling.jobs.documents.get(path)
    assert found is not None
    assert telling.jobs.documents.put(
        path, {**found[0], "notification": "due"}, if_version=found[1]
    )
    told.events.clear()
    reconcile = telling.home.ports().url("reconcile")
    assert httpx.post(reconcile, json={"unanswered_after": 0}, timeout=60).json()["published"] == 1
    second = of(source, told)
    assert (second.get_attributes(), second.get_data()) == (
        first.get_attributes(),
        first.get_data(),
    )


def test_without_a_topic_only_webhooks_get_events(cloud: Cloud) -> None:
    """The queue of this machine has the event until notify has it."""
    source = cloud.upload("quiet.wav", wav(FIVE_SECONDS))
    cloud.answer(source)
    cloud.until(lambda: cloud.job(source).notification == "sent", 30, "event in the queue")
    queue = QueuedEvents(cloud.jobs.documents, time.time)
    cloud.until(lambda: not queue.waiting(), 30, "event at notify")
