"""Makes the stores and clients that the settings name. Nothing else makes them."""

from functools import cache
from pkgutil import resolve_name
from typing import Any, cast

from shared.jobs.store import JobStore
from shared.ports.blobs import BlobStore
from shared.ports.events import EventPublisher
from shared.ports.executions import Executions
from shared.settings import settings


def blob_store() -> BlobStore:
    return cast(BlobStore, load_object(settings().blob_store))


def job_store() -> JobStore:
    """The job store with the limits and the clock of the settings."""
    configured = settings()
    return JobStore(
        load_object(configured.job_documents),
        configured.lease,
        configured.attempts,
        configured.keep_days,
        notifies=configured.events_topic is not None,
        clock=resolve_name(configured.clock),
    )


def executions() -> Executions:
    return cast(Executions, load_object(settings().executions))


def event_publisher() -> EventPublisher | None:
    """Returns the publisher of job events, or None if no topic is configured."""
    if settings().events_topic is None:
        return None
    return cast(EventPublisher, load_object("shared.adapters.pubsub:PubSubEvents"))


@cache
def load_object(path: str) -> Any:
    """Calls what `module:attribute` names, once per process, and returns the result."""
    return resolve_name(path)()
