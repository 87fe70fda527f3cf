"""The end of a batch as a CloudEvent."""

from cloudevents.http import CloudEvent

from shared.jobs.batch import Batch
from shared.model.batches import BATCH_DONE, BatchCompletion
from shared.ports.blobs import JSON

BATCH_SOURCE = "urn:dropscribe:batches"


def batch_cloud_event(batch: Batch) -> CloudEvent:
    """Returns the event of a batch whose jobs have ended. It is the same each time."""
    ended = batch.ended or batch.updated
    attributes = {
        "id": batch.event_id,
        "source": BATCH_SOURCE,
        "type": BATCH_DONE,
        "subject": batch.batch_id,
        "time": ended.isoformat(),
        "datacontenttype": JSON,
    }
    data = BatchCompletion(
        batch_id=batch.batch_id,
        folder=batch.folder,
        counts=batch.counts(),
        metadata=batch.metadata,
    )
    return CloudEvent(attributes, data.model_dump(mode="json"))
