"""Documents in one SQLite file, for one machine: all processes share it, and what was written is on
disk when the write returns."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from shared.adapters.errors import translate_errors
from shared.model.errors import JobStoreUnavailable
from shared.ports.documents import Document, Page
from shared.settings import settings

LOCK_TIMEOUT = 30
"""Seconds that a connection waits for another one's lock."""
SCHEMA = """
create table if not exists documents (
  path text primary key,
  collection text not null,
  document text not null,
  updated text not null,
  version integer not null
) without rowid;
create index if not exists by_update on documents (collection, updated desc);
create index if not exists by_notification
  on documents (collection, json_extract(document, '$.notification'));
create index if not exists by_state
  on documents (collection, json_extract(document, '$.state'));
create index if not exists by_recording
  on documents (collection, json_extract(document, '$.source.name'));
create index if not exists by_upload
  on documents (collection, json_extract(document, '$.recording.name'));
create index if not exists by_key
  on documents (collection, json_extract(document, '$.key_id'));
create index if not exists by_logged_job
  on documents (collection, json_extract(document, '$.job.job_id'));
create index if not exists by_folder
  on documents (collection, json_extract(document, '$.folder'));
create index if not exists by_audio_deletion
  on documents (collection, json_extract(document, '$.audio_deletion'));
create index if not exists by_cancellation
  on documents (collection, json_extract(document, '$.cancellation'));
create index if not exists by_drawing
  on documents (collection, json_extract(document, '$.drawing'));
create table if not exists listing (
  collection text not null,
  folder text not null,
  state text not null,
  position text not null,
  updated text not null,
  ended text,
  path text not null,
  primary key (collection, folder, position, path)
) without rowid;
create index if not exists listing_by_state on listing (collection, folder, state, position);
create index if not exists listing_by_update on listing (collection, folder, state, updated);
create index if not exists listing_by_end on listing (collection, folder, ended);
create index if not exists listing_by_path on listing (path);
"""
"""`listing` has a row for each document and each item of its list `folders`, so that a page reads
nothing but its own documents. It is written in the same transaction as the document."""
INSERT = "insert into documents values (?, ?, ?, ?, 1) on conflict do nothing"
UPDATE = """
update documents set document = ?, updated = ?, version = version + 1
where path = ? and version = ?
"""
LIST = "insert into listing values (?, ?, ?, ?, ?, ?, ?)"
UNLIST = "delete from listing where path = ?"
DROP_EXPIRED = "delete from documents where json_extract(document, '$.expires') < ?"
UNLIST_DROPPED = "delete from listing where path not in (select path from documents)"

translate_sqlite_errors = partial(
    translate_errors, (sqlite3.OperationalError,), JobStoreUnavailable, "SQLite: {}".format
)
"""A database that is locked for too long or has no room may be available later."""


class Connection(sqlite3.Connection):
    """A connection that is closed when its thread has ended or its store is deleted."""

    def __del__(self) -> None:
        self.close()


class SqliteDocuments:
    """Documents in a file, with one connection per thread."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or settings().adapters.job_database
        self._local = threading.local()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with translate_sqlite_errors(), closing(self._open()) as database:
            database.executescript(SCHEMA)

    def get(self, path: str) -> tuple[Document, object] | None:
        query = "select document, version from documents where path = ?"
        with self._database() as database:
            row = database.execute(query, (path,)).fetchone()
        if row is None:
            return None
        text, version = row
        return json.loads(text), version

    def put(self, path: str, document: Document, if_version: object | None) -> bool:
        text = json.dumps(document)
        updated = str(document["updated"])
        collection = path.rpartition("/")[0]
        rows = listing_rows(collection, path, document)
        with self._transaction() as database:
            if if_version is None:
                cursor = database.execute(INSERT, (path, collection, text, updated))
            else:
                cursor = database.execute(UPDATE, (text, updated, path, if_version))
            is_written = cursor.rowcount == 1
            if is_written and rows:
                database.execute(UNLIST, (path,))
                database.executemany(LIST, rows)
        return is_written

    def delete(self, path: str) -> None:
        with self._transaction() as database:
            database.execute("delete from documents where path = ?", (path,))
            database.execute(UNLIST, (path,))

    def drop_expired(self) -> None:
        """Delete the documents that have expired, which Firestore does by itself."""
        now = datetime.now(UTC).isoformat().replace("+00:00", "Z")  # as pydantic writes it
        with self._transaction() as database:
            database.execute(DROP_EXPIRED, (now,))
            database.execute(UNLIST_DROPPED)

    def list_recent(self, collection: str, limit: int) -> Iterator[Document]:
        query = "select document from documents where collection = ? order by updated desc limit ?"
        return self._select(query, collection, limit)

    def query(self, collection: str, field: str, value: str) -> Iterator[Document]:
        # As a parameter the path of the field would not match an index.
        extract = f"json_extract(document, '$.{field}')"
        query = f"select document from documents where collection = ? and {extract} = ?"
        return self._select(query, collection, value)

    def updated_since(self, collection: str, state: str, since: str) -> Iterator[Document]:
        query = (
            "select document from documents where collection = ? and updated >= ?"
            " and json_extract(document, '$.state') = ? order by updated"
        )
        return self._select(query, collection, since, state)

    def page(self, collection: str, page: Page) -> list[Document]:
        conditions = ["listing.collection = ?", "folder = ?"]
        values: list[object] = [collection, page.folder]
        if page.state:
            conditions.append("state = ?")
            values.append(page.state)
        order = f"listing.{page.order}"
        conditions.append(f"{order} > ?")
        values.append(page.above)
        if page.below:
            conditions.append(f"{order} < ?")
            values.append(page.below)
        direction = "asc" if page.ascending else "desc"
        query = (
            "select document from listing join documents using (path)"
            f" where {' and '.join(conditions)} order by {order} {direction} limit ?"
        )
        return list(self._select(query, *values, page.limit))

    def count(self, collection: str, folder: str, state: str) -> int:
        query = "select count(*) from listing where collection = ? and folder = ? and state = ?"
        with self._database() as database:
            row = database.execute(query, (collection, folder, state)).fetchone()
        return int(row[0])

    def _select(self, query: str, *parameters: object) -> Iterator[Document]:
        with self._database() as database:
            cursor = database.execute(query, parameters)
            rows = cursor.fetchall()
        for (text,) in rows:
            document = json.loads(text)
            yield document

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """Gives the thread's connection, and writes all of the block or nothing."""
        with self._database() as database:
            database.execute("begin immediate")
            try:
                yield database
            except BaseException:
                database.execute("rollback")
                raise
            database.execute("commit")

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        """Gives the thread's connection."""
        with translate_sqlite_errors():
            if not hasattr(self._local, "database"):
                self._local.database = self._open()
            yield self._local.database

    def _open(self) -> sqlite3.Connection:
        database = sqlite3.connect(
            self._path,
            timeout=LOCK_TIMEOUT,
            isolation_level=None,
            check_same_thread=False,
            factory=Connection,
        )
        database.execute("pragma journal_mode = wal")
        database.execute("pragma synchronous = normal")
        return database


def listing_rows(collection: str, path: str, document: Document) -> list[tuple[object, ...]]:
    """Returns the document's rows of the table `listing`. One without `folders` has none."""
    folders = document.get("folders")
    if not isinstance(folders, list):
        return []
    state, position = document["state"], document["position"]
    updated, ended = document["updated"], document.get("ended")
    return [(collection, folder, state, position, updated, ended, path) for folder in folders]
