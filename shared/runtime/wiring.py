"""The only maker of stores and clients: those that the settings name."""

from functools import cache, partial
from pathlib import Path
from pkgutil import resolve_name
from typing import Any, cast

from shared.jobs.key_store import KeyStore
from shared.jobs.store import JobStore
from shared.jobs.upload_store import UploadStore
from shared.jobs.webhook_store import WebhookStore
from shared.ports.blobs import BlobStore
from shared.ports.events import EventPublisher, SeveralPublishers
from shared.ports.executions import Executions
from shared.ports.spans import SpanExporter
from shared.runtime.traced_blobs import TracedBlobs
from shared.settings import settings


def blob_store() -> BlobStore:
    class_path = settings().adapters.blob_store
    store = cast(BlobStore, load_object(class_path))
    return store if settings().traces.traces is None else TracedBlobs(store)


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


def webhook_store() -> WebhookStore:
    """Returns the store of webhooks and their deliveries, beside the jobs."""
    adapters = settings().adapters
    return WebhookStore(
        documents=load_object(adapters.job_documents),
        secret=settings().webhooks.webhook_secret,
        clock=resolve_name(adapters.clock),
        keep_days=settings().jobs.keep_days,
    )


def executions() -> Executions:
    class_path = settings().adapters.executions
    client = load_object(class_path)
    return cast(Executions, client)


def event_publisher() -> EventPublisher | None:
    """Returns the publisher of events to this machine's queue, to the topic, or to both, or None if
    the settings name neither."""
    adapters = settings().adapters
    publishers: list[EventPublisher] = []
    if adapters.event_queue is not None:
        queue = load_object(adapters.event_queue)
        publishers.append(queue)
    if adapters.events_topic is not None:
        topic = load_object("shared.adapters.pubsub:PubSubEvents")
        publishers.append(topic)
    return SeveralPublishers(publishers) if publishers else None


@cache
def span_exporter() -> SpanExporter | None:
    """Returns the exporter that the settings name, or None if there are no traces.

    OpenTelemetry is imported only where there are, since that delays the start of a process.
    """
    target = settings().traces.traces
    if target is None:
        return None
    from shared.adapters.otlp import (
        OtlpFile,
        OtlpHttp,
        address_of_traces,
        post_to_collector,
        post_to_google,
    )
    from shared.runtime.background_export import BackgroundExporter

    if target == "google":
        return BackgroundExporter(OtlpHttp(post_to_google).send)
    if target.startswith(("http://", "https://")):
        connect = partial(post_to_collector, address_of_traces(target))
        return BackgroundExporter(OtlpHttp(connect).send)
    return OtlpFile(Path(target))


@cache
def load_object(path: str) -> Any:
    """Returns what calling `module:attribute` returns. It is called once per process."""
    return resolve_name(path)()
