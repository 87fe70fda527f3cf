"""Terraform makes exactly the composite indexes that pages of the job store need on Firestore."""

import re
from pathlib import Path

from shared.adapters.memory import MemoryDocuments
from shared.jobs.store import JobStore
from shared.ports.documents import Page
from tests.support.queries import pages

FIRESTORE = Path(__file__).parents[4] / "terraform" / "firestore.tf"
Index = tuple[str, str]
"""Its collection; its fields after `folders`, and their order."""


class CountingDocuments(MemoryDocuments):
    """Records of which collections it counts documents."""

    def __init__(self) -> None:
        super().__init__()
        self.counts: set[str] = set()

    def count(self, collection: str, folder: str, state: str) -> int:
        self.counts.add(collection)
        return super().count(collection, folder, state)


def test_every_page_has_its_index_and_every_index_its_page() -> None:
    needed = {index_of(collection, page) for collection, page in pages()}
    assert set(planned_indexes()) == needed


def index_of(collection: str, page: Page) -> Index:
    direction = "ASCENDING" if page.ascending else "DESCENDING"
    state = "state ASCENDING, " if page.state else ""
    return collection, f"{state}{page.order} {direction}"


def test_counts_use_an_index_of_a_page() -> None:
    documents = CountingDocuments()
    JobStore(documents).count_by_state()
    assert documents.counts == {"jobs"}
    assert ("jobs", "state ASCENDING, position DESCENDING") in planned_indexes()


def planned_indexes() -> list[Index]:
    text = FIRESTORE.read_text()
    (block,) = re.findall(r"pages = \{\n(.*?)\n  \}", text, re.DOTALL)
    return re.findall(r'collection = "(\w+)", order = "([\w, ]+)"', block)
