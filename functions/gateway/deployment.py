"""The stores and clients that routes use, by FastAPI's dependency injection."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends

from shared.jobs.event_log import EventLog, event_log_of
from shared.jobs.key_store import KeyStore
from shared.jobs.operations import Operations
from shared.jobs.store import JobStore
from shared.jobs.upload_store import UploadStore
from shared.ports.blobs import BlobStore
from shared.ports.executions import Executions
from shared.runtime.wiring import blob_store, executions, job_store, key_store, upload_store


@dataclass(frozen=True)
class Deployment:
    """The stores of one deployment."""

    blobs: BlobStore
    jobs: JobStore
    executions: Executions
    keys: KeyStore
    uploads: UploadStore

    @property
    def operations(self) -> Operations:
        return Operations(self.blobs, self.jobs, self.executions)

    @property
    def events(self) -> EventLog:
        return event_log_of(self.jobs)


def deployment() -> Deployment:
    """Returns the stores that the settings name. A test may override this dependency."""
    return Deployment(blob_store(), job_store(), executions(), key_store(), upload_store())


InDeployment = Annotated[Deployment, Depends(deployment)]
"""Type of a route's parameter that is the deployment."""
