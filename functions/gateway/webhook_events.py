"""Events that are published for one endpoint only: its test, and the replay of an event."""

import secrets

from cloudevents.http import CloudEvent

from functions.gateway.deployment import Deployment
from shared.jobs.batch_events import batch_cloud_event
from shared.jobs.batch_store import BatchStore
from shared.jobs.events import cloud_event, logged_cloud_event
from shared.jobs.job import Job
from shared.jobs.webhook_records import Delivery, EventToDeliver, WebhookRecord
from shared.model.batches import BATCH_DONE
from shared.model.errors import EventGone, RecordingErased, WebhooksUnavailable
from shared.model.webhooks import TEST_TYPE, WebhookTestData
from shared.ports.blobs import JSON
from shared.ports.events import EventPublisher

TEST_SOURCE = "urn:dropscribe:webhooks"
ONLY_FOR = "webhook"
"""Attribute of a CloudEvent: id of the only endpoint that it is for."""


def send_test(webhook: WebhookRecord, stores: Deployment) -> Delivery:
    """Publish an event that tries an endpoint. Returns its delivery.

    Raises WebhooksUnavailable or EventsUnavailable.
    """
    publisher = publisher_of(stores)
    event_id = f"test-{secrets.token_hex(10)}"
    event = EventToDeliver(event_id, TEST_TYPE, None, webhook.folder)
    delivery = stores.webhooks.begin_delivery(webhook.webhook_id, event)
    publisher.publish(test_event(delivery))
    return delivery


def send_again(delivery: Delivery, stores: Deployment) -> Delivery:
    """Publish the event of a delivery again, for its endpoint only. Returns the delivery, which is
    due.

    Raises RecordingErased, EventGone, WebhooksUnavailable or EventsUnavailable.
    """
    publisher = publisher_of(stores)
    event = event_of(delivery, stores)
    replayed = stores.webhooks.replay(delivery.webhook_id, delivery.event_id)
    if replayed is None:
        raise EventGone("The delivery has expired.")
    publisher.publish(event)
    return replayed


def publisher_of(stores: Deployment) -> EventPublisher:
    """Returns what sends events to the endpoints. Raises WebhooksUnavailable."""
    if stores.publisher is None:
        raise WebhooksUnavailable("The deployment publishes no events.")
    return stores.publisher


def event_of(delivery: Delivery, stores: Deployment) -> CloudEvent:
    """Returns the event of a delivery as it was published, but for its endpoint only. Raises
    RecordingErased or EventGone."""
    if delivery.type == TEST_TYPE:
        return test_event(delivery)
    if delivery.type == BATCH_DONE:
        return ended_batch_event(delivery, stores)
    if delivery.job_id is None:
        raise EventGone("Its job is not known.")
    job = stores.jobs.find(delivery.job_id)
    if job is None or job.state == "erased":
        raise RecordingErased("The recording and everything made from it were erased.")
    event = ended_event(job, delivery.event_id, stores)
    event[ONLY_FOR] = delivery.webhook_id
    return event


def ended_event(job: Job, event_id: str, stores: Deployment) -> CloudEvent:
    """Returns the event of the end of a run, which may be followed by other runs.

    Raises EventGone.
    """
    if job.has_event(event_id):
        return cloud_event(job)
    for entry in stores.events.of_job(job.job_id):
        if entry.event_id == event_id:
            return logged_cloud_event(entry, job.source)
    raise EventGone("The job was run again since, and its former end is no longer known.")


def ended_batch_event(delivery: Delivery, stores: Deployment) -> CloudEvent:
    """Returns the event of a batch, for the endpoint of a delivery. Raises EventGone."""
    batch_id = delivery.event_id.removesuffix("-done")
    batch = BatchStore(stores.jobs, stores.publisher).find(batch_id)
    if batch is None or batch.ended is None:
        raise EventGone("The batch has expired.")
    event = batch_cloud_event(batch)
    event[ONLY_FOR] = delivery.webhook_id
    return event


def test_event(delivery: Delivery) -> CloudEvent:
    """Returns the event that tries an endpoint. It is the same each time."""
    attributes = {
        "id": delivery.event_id,
        "source": TEST_SOURCE,
        "type": TEST_TYPE,
        "time": delivery.created.isoformat(),
        "datacontenttype": JSON,
        ONLY_FOR: delivery.webhook_id,
    }
    data = WebhookTestData(webhook_id=delivery.webhook_id)
    return CloudEvent(attributes, data.model_dump(mode="json"))
