"""Terraform makes exactly the composite indexes that lists of jobs need on Firestore."""

import re
from datetime import UTC, datetime
from pathlib import Path

from shared.adapters.memory import MemoryDocuments
from shared.jobs.store import JobStore
from shared.ports.documents import Document, Page

FIRESTORE = Path(__file__).parents[4] / "terraform" / "firestore.tf"
NOW = datetime(2026, 11, 28, tzinfo=UTC)
Index = tuple[tuple[str, str], ...]
"""Its fields after `folders`, and their order."""


class RecordingDocuments(MemoryDocuments):
    """Records which indexes its pages and counts need."""

    def __init__(self) -> None:
        super().__init__()
        self.indexes: set[Index] = set()
        self.counts: set[tuple[str, ...]] = set()

    def page(self, collection: str, page: Page) -> list[Document]:
        order = (page.order, "ASCENDING" if page.ascending else "DESCENDING")
        state = (("state", "ASCENDING"),) if page.state else ()
        self.indexes.add((*state, order))
        return super().page(collection, page)

    def count(self, collection: str, folder: str, state: str) -> int:
        self.counts.add(("state",))
        return super().count(collection, folder, state)


def test_every_page_has_its_index_and_every_index_its_page() -> None:
    documents = RecordingDocuments()
    store = JobStore(documents)
    store.list_page("")
    store.list_page("a/", states=("done",), created_after=NOW, name_prefix="a/b")
    store.oldest("queued")
    store.list_ended_since(NOW, 10)
    store.count_by_state()
    assert documents.indexes == set(planned_indexes())
    for fields in documents.counts:
        begins = [tuple(field for field, _ in index)[: len(fields)] for index in planned_indexes()]
        assert fields in begins


def planned_indexes() -> list[Index]:
    text = FIRESTORE.read_text()
    (block,) = re.findall(r"pages = \{\n(.*?)\n  \}", text, re.DOTALL)
    return [
        tuple(re.findall(r'field = "(\w+)", order = "(\w+)"', line)) for line in block.splitlines()
    ]
