"""Terraform makes exactly the composite indexes that lists of jobs and events need on Firestore."""

import re
from datetime import UTC, datetime
from pathlib import Path

from shared.adapters.memory import MemoryDocuments
from shared.jobs.event_log import event_log_of
from shared.jobs.store import JobStore
from shared.ports.documents import Document, Page

FIRESTORE = Path(__file__).parents[4] / "terraform" / "firestore.tf"
NOW = datetime(2026, 11, 28, tzinfo=UTC)
Index = tuple[str, str]
"""Its collection; its fields after `folders`, and their order."""


class RecordingDocuments(MemoryDocuments):
    """Records which indexes its pages and counts need."""

    def __init__(self) -> None:
        super().__init__()
        self.indexes: set[Index] = set()
        self.counts: set[str] = set()

    def page(self, collection: str, page: Page) -> list[Document]:
        direction = "ASCENDING" if page.ascending else "DESCENDING"
        state = "state ASCENDING, " if page.state else ""
        self.indexes.add((collection, f"{state}{page.order} {direction}"))
        return super().page(collection, page)

    def count(self, collection: str, folder: str, state: str) -> int:
        self.counts.add(collection)
        return super().count(collection, folder, state)


def test_every_page_has_its_index_and_every_index_its_page() -> None:
    documents = RecordingDocuments()
    store = JobStore(documents)
    store.list_page("")
    store.list_page("a/", states=("done",), created_after=NOW, name_prefix="a/b")
    store.oldest("queued")
    store.list_ended_since(NOW, 10)
    store.count_by_state()
    events = event_log_of(store)
    events.read(1, 10)
    events.last_number()
    planned = planned_indexes()
    assert documents.indexes == set(planned)
    assert documents.counts == {"jobs"}
    assert ("jobs", "state ASCENDING, position DESCENDING") in planned, "counts use it"


def planned_indexes() -> list[Index]:
    text = FIRESTORE.read_text()
    (block,) = re.findall(r"pages = \{\n(.*?)\n  \}", text, re.DOTALL)
    return re.findall(r'collection = "(\w+)", order = "([\w, ]+)"', block)
