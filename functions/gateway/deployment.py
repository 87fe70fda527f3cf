"""The stores and clients that routes use, by FastAPI's dependency injection."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends

from shared.jobs.edit_store import EditStore
from shared.jobs.event_log import EventLog, event_log_of
from shared.jobs.key_store import KeyStore
from shared.jobs.operations import Operations
from shared.jobs.store import JobStore
from shared.jobs.upload_store import UploadStore
from shared.jobs.webhook_store import WebhookStore
from shared.ports.blobs import BlobStore
from shared.ports.events import EventPublisher
from shared.ports.executions import Executions
from shared.runtime.wiring import (
    blob_store,
    event_publisher,
    executions,
    job_store,
    key_store,
    upload_store,
    webhook_store,
)


@dataclass(frozen=True)
class Deployment:
    """The stores of one deployment."""

    blobs: BlobStore
    jobs: JobStore
    executions: Executions
    keys: KeyStore
    uploads: UploadStore
    webhooks: WebhookStore
    publisher: EventPublisher | None
    """None: events are not published, so nothing is sent to webhooks."""

    @property
    def operations(self) -> Operations:
        return Operations(self.blobs, self.jobs, self.executions)

    @property
    def edits(self) -> EditStore:
        return EditStore(self.blobs, self.jobs, self.executions)

    @property
    def events(self) -> EventLog:
        return event_log_of(self.jobs)


def deployment() -> Deployment:
    """Returns the stores that the settings name. A test may override this dependency."""
    return Deployment(
        blobs=blob_store(),
        jobs=job_store(),
        executions=executions(),
        keys=key_store(),
        uploads=upload_store(),
        webhooks=webhook_store(),
        publisher=event_publisher(),
    )


InDeployment = Annotated[Deployment, Depends(deployment)]
"""Type of a route's parameter that is the deployment."""
