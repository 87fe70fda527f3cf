"""The queries of the stores in shared/jobs/, as their source and their calls show them."""

import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from shared.adapters.memory import MemoryDocuments
from shared.jobs.batch_store import BatchStore
from shared.jobs.event_log import event_log_of
from shared.jobs.key_store import KeyStore
from shared.jobs.store import JobStore
from shared.jobs.webhook_store import WebhookStore
from shared.ports.documents import Document, Page

JOBS = Path(__file__).parents[2] / "shared" / "jobs"


def source() -> str:
    texts = [file.read_text() for file in sorted(JOBS.glob("*.py"))]
    return "".join(texts)


def equalities() -> set[tuple[str, str]]:
    """Returns the collection and the field of each query for a value."""
    of_jobs = re.findall(r'self\._query\("([\w.]+)"', source())
    others = re.findall(r'documents\.query\("(\w+)", "([\w.]+)"', source())
    assert of_jobs and others
    return {("jobs", field) for field in of_jobs} | set(others)


def recent_collections() -> set[str]:
    """Returns the collections of which the last documents are listed."""
    documents = RecordingDocuments()
    JobStore(documents).records.of_job("1")
    KeyStore(documents, clock=time.time).list()
    made = re.findall(r"\.list_recent\(", source())
    assert len(made) == 2, "another collection is listed: ask for it here, too"
    return documents.recent


def changing_collections() -> set[str]:
    """Returns the collections of which the documents in a state are read that changed."""
    documents = RecordingDocuments()
    records = JobStore(documents).records
    since = datetime(2026, 1, 1, tzinfo=UTC)
    records.done_since("1", since)
    records.open_since("1", since)
    made = re.findall(r"\.updated_since\(", source())
    assert len(made) == 3, "another collection is read: ask for it here, too"
    return documents.changing


class RecordingDocuments(MemoryDocuments):
    """Remembers the pages that it is asked for, and of which collections it is asked for the last
    documents, and for what changed."""

    def __init__(self) -> None:
        super().__init__()
        self.pages: list[tuple[str, Page]] = []
        self.recent: set[str] = set()
        self.changing: set[str] = set()

    def page(self, collection: str, page: Page) -> list[Document]:
        self.pages.append((collection.rpartition("/")[2], page))
        return super().page(collection, page)

    def list_recent(self, collection: str, limit: int) -> Iterator[Document]:
        self.recent.add(collection.rpartition("/")[2])
        return super().list_recent(collection, limit)

    def updated_since(self, collection: str, state: str, since: str) -> Iterator[Document]:
        self.changing.add(collection.rpartition("/")[2])
        return super().updated_since(collection, state, since)


def pages() -> list[tuple[str, Page]]:
    """Returns a page of each form that the stores ask for, with and without bounds, and its
    collection."""
    documents = RecordingDocuments()
    jobs = JobStore(documents)
    since = datetime(2026, 1, 1, tzinfo=UTC)
    jobs.list_page("")
    jobs.list_page("", created_after=since)
    jobs.list_page("", states=("done",))
    jobs.list_page("", states=("done",), created_after=since)
    jobs.oldest("queued")
    jobs.list_ended_since(since, 10)
    events = event_log_of(jobs)
    events.read(1, 10)
    events.last_number()
    BatchStore(jobs, None).record_end("0" * 20, "done")
    webhooks = WebhookStore(documents, None, jobs.clock)
    webhooks.in_folder("")
    webhooks.deliveries("wh_1", None, 10)
    made = re.findall(r"\bPage\(", source())
    assert len(made) == 8, "another page is made: ask for it here, too"
    return documents.pages
