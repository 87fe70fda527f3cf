"""Documents in one SQLite file, for one machine: shared by all processes, durable before the
answer."""

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from shared.model.errors import JobStoreUnavailable
from shared.ports.documents import Document
from shared.settings import settings

TABLE = """
create table if not exists documents (
  path text primary key, collection text not null, document text not null, updated text not null,
  version integer not null
) without rowid;
create index if not exists by_update on documents (collection, updated desc);
create index if not exists by_announcement on documents (collection, json_extract(document, '$.announcement'));
"""


class Connection(sqlite3.Connection):
    """Closed when nobody holds it any more: its thread has ended, or its store is gone."""

    def __del__(self) -> None:
        self.close()


class SqliteDocuments:
    """A connection for each thread; they wait for each other up to 30 s."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path or settings().job_database
        self._local = threading.local()
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with translate_errors(), closing(self._open()) as database:
            database.executescript(TABLE)

    def get(self, path: str) -> tuple[Document, object] | None:
        with self._database() as database:
            row = database.execute(
                "select document, version from documents where path = ?", (path,)
            ).fetchone()
        return (json.loads(row[0]), row[1]) if row else None

    def put(self, path: str, document: Document, if_version: object | None) -> bool:
        values = (json.dumps(document), str(document["updated"]))
        with self._database() as database:
            if if_version is None:
                collection = path.rpartition("/")[0]
                cursor = database.execute(
                    "insert into documents values (?, ?, ?, ?, 1) on conflict do nothing",
                    (path, collection, *values),
                )
            else:
                cursor = database.execute(
                    "update documents set document = ?, updated = ?, version = version + 1"
                    " where path = ? and version = ?",
                    (*values, path, if_version),
                )
        return cursor.rowcount == 1

    def delete(self, path: str) -> None:
        with self._database() as database:
            database.execute("delete from documents where path = ?", (path,))

    def drop_expired(self) -> None:
        """What Firestore does by itself."""
        now = datetime.now(UTC).isoformat().replace("+00:00", "Z")  # as pydantic writes it
        with self._database() as database:
            database.execute(
                "delete from documents where json_extract(document, '$.expires') < ?", (now,)
            )

    def query(self, collection: str, field: str, value: str) -> Iterator[Document]:
        extract = f"json_extract(document, '$.{field}')"  # spelt out, or no index on it is used
        query = f"select document from documents where collection = ? and {extract} = ?"
        with self._database() as database:
            rows = database.execute(query, (collection, value)).fetchall()
        return iter([json.loads(document) for (document,) in rows])

    def list_recent(self, collection: str, limit: int) -> Iterator[Document]:
        query = "select document from documents where collection = ? order by updated desc limit ?"
        with self._database() as database:
            rows = database.execute(query, (collection, limit)).fetchall()
        return iter([json.loads(document) for (document,) in rows])

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        with translate_errors():
            if not hasattr(self._local, "database"):
                self._local.database = self._open()
            yield self._local.database

    def _open(self) -> sqlite3.Connection:
        database = sqlite3.connect(
            self._path,
            timeout=30,
            isolation_level=None,
            check_same_thread=False,
            factory=Connection,
        )
        database.execute("pragma journal_mode = wal")
        database.execute("pragma synchronous = normal")
        return database


@contextmanager
def translate_errors() -> Iterator[None]:
    """Locked for too long, or no room: it may pass."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise JobStoreUnavailable(f"SQLite: {error}") from error
