"""The only maker of stores and clients: those that the settings name."""

from functools import cache
from pkgutil import resolve_name
from typing import Any, cast

from shared.jobs.key_store import KeyStore
from shared.jobs.store import JobStore
from shared.jobs.upload_store import UploadStore
from shared.ports.blobs import BlobStore
from shared.ports.events import EventPublisher
from shared.ports.executions import Executions
from shared.settings import settings


def blob_store() -> BlobStore:
    class_path = settings().adapters.blob_store
    store = load_object(class_path)
    return cast(BlobStore, store)


def job_store() -> JobStore:
    """Returns the job store with the limits and the clock of the settings."""
    adapters = settings().adapters
    return JobStore(
        documents=load_object(adapters.job_documents),
        limits=settings().jobs,
        keep_answer_days=settings().buckets.keep_answer_days,
        clock=resolve_name(adapters.clock),
    )


def key_store() -> KeyStore:
    """Returns the store of API keys, beside the jobs."""
    adapters = settings().adapters
    documents = load_object(adapters.job_documents)
    return KeyStore(documents, clock=resolve_name(adapters.clock))


def upload_store() -> UploadStore:
    """Returns the store of uploads through the HTTP API, beside the jobs."""
    adapters = settings().adapters
    documents = load_object(adapters.job_documents)
    return UploadStore(documents, clock=resolve_name(adapters.clock))


def executions() -> Executions:
    class_path = settings().adapters.executions
    client = load_object(class_path)
    return cast(Executions, client)


def event_publisher() -> EventPublisher | None:
    """Returns the publisher of job events, or None if no topic is configured."""
    if settings().adapters.events_topic is None:
        return None
    publisher = load_object("shared.adapters.pubsub:PubSubEvents")
    return cast(EventPublisher, publisher)


@cache
def load_object(path: str) -> Any:
    """Returns what calling `module:attribute` returns. It is called once per process."""
    return resolve_name(path)()
