"""No query of the stores reads more of the SQLite file than it returns, by the plans of SQLite."""

import sqlite3
from pathlib import Path

import pytest

from shared.adapters.sqlite import SqliteDocuments
from shared.ports.documents import Page
from tests.support.queries import changing_collections, equalities, pages, recent_collections


class Planned(SqliteDocuments):
    """Notes SQLite's plan of each query."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.plans: list[str] = []

    def _open(self) -> sqlite3.Connection:
        database = super()._open()
        database.set_trace_callback(self._plan)
        self._planner = sqlite3.connect(self._path, check_same_thread=False)
        return database

    def _plan(self, statement: str) -> None:
        if not statement.startswith("select"):
            return
        rows = self._planner.execute(f"explain query plan {statement}")
        steps = [str(row[3]) for row in rows]
        self.plans.append("; ".join(steps))


@pytest.fixture
def documents(tmp_path: Path) -> Planned:
    return Planned(tmp_path / "jobs.sqlite")


@pytest.mark.parametrize(("collection", "field"), sorted(equalities()))
def test_documents_are_found_by_an_index(documents: Planned, collection: str, field: str) -> None:
    list(documents.query(collection, field, "x"))
    (plan,) = documents.plans
    assert "<expr>=?" in plan, plan


@pytest.mark.parametrize("collection", sorted(recent_collections()))
def test_the_last_documents_are_read_in_the_order_of_an_index(
    documents: Planned, collection: str
) -> None:
    list(documents.list_recent(collection, 5))
    (plan,) = documents.plans
    assert "USING INDEX by_update" in plan and "TEMP B-TREE" not in plan, plan


@pytest.mark.parametrize("collection", sorted(changing_collections()))
def test_what_changed_is_read_in_the_order_of_an_index(documents: Planned, collection: str) -> None:
    list(documents.updated_since(collection, "done", "2026-11-28T09:30:00"))
    (plan,) = documents.plans
    assert "by_update (collection=? AND updated>?)" in plan and "TEMP B-TREE" not in plan, plan


@pytest.mark.parametrize(("collection", "page"), pages(), ids=str)
def test_a_page_is_read_in_the_order_of_an_index(
    documents: Planned, collection: str, page: Page
) -> None:
    documents.page(collection, page)
    (plan,) = documents.plans
    assert "SCAN" not in plan and "TEMP B-TREE" not in plan, plan
    if page.state:
        assert "state=?" in plan, plan


def test_jobs_are_counted_by_an_index(documents: Planned) -> None:
    documents.count("jobs", "folder", "done")
    (plan,) = documents.plans
    assert "folder=? AND state=?" in plan, plan
