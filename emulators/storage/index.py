"""The index: everything that the server knows except the bytes, in one SQLite file.

All statements run on one thread over one connection, so each piece of work is one transaction, and
generations have the order of commits. WAL with synchronous=FULL: a commit is on disk before the
request is answered, so a power cut undoes nothing that a client was promised. The exclusive lock
keeps a second server out of the folder.
"""

import asyncio
import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from emulators.storage.content import Contents
from emulators.storage.errors import NoRoom

Resource = dict[str, Any]
T = TypeVar("T")

SCHEMA = """
create table if not exists clock (last_generation integer not null);
insert into clock select 0 where not exists (select * from clock);

create table if not exists buckets (name text primary key, resource text not null);
create table if not exists notifications (
  bucket text not null, id integer not null, resource text not null, primary key (bucket, id));

create table if not exists objects (
  bucket text not null, name text not null, generation integer not null,
  live integer not null, content text not null, resource text not null,
  primary key (bucket, name, generation));
create unique index if not exists one_live_version on objects (bucket, name) where live;
create index if not exists objects_by_content on objects (content);

create table if not exists uploads (
  id text primary key, plan text not null, content text, created real not null, answer text);
create index if not exists uploads_by_age on uploads (created);
create index if not exists uploads_by_content on uploads (content) where content is not null;
create table if not exists parts (
  upload text not null, number integer not null, content text not null, etag text not null,
  primary key (upload, number));
create index if not exists parts_by_content on parts (content);

create table if not exists events (
  generation integer primary key, body text not null,
  attempts integer not null default 0, due real not null default 0);
create index if not exists events_by_due on events (due);
"""

REFERENCED = """
select content from objects where content = :content
union all select content from uploads where content = :content
union all select content from parts where content = :content
limit 1
"""


class Transaction:
    """One piece of work on the index.

    Contents that it releases are deleted from disk once it is committed.
    """

    def __init__(self, connection: sqlite3.Connection, announces: Callable[[str], bool]) -> None:
        self.execute = connection.execute
        self.announces = announces
        self.announced = False
        self.released: set[str] = set()

    def next_generation(self) -> int:
        """Returns the time in microseconds since 1970.

        It is above the last generation, even if the clock was set back.
        """
        now = time.time_ns() // 1000
        row = self.execute(
            "update clock set last_generation = max(last_generation + 1, ?)"
            " returning last_generation",
            (now,),
        ).fetchone()
        return int(row[0])

    def announce(self, bucket: str, generation: int, event: Resource) -> None:
        """Adds an event for the receiver, if new objects of this bucket are notified."""
        if self.announces(bucket):
            self.execute(
                "insert into events (generation, body) values (?, ?)",
                (generation, json.dumps(event)),
            )
            self.announced = True

    def release(self, content: str) -> None:
        """Marks a content file that this transaction no longer refers to."""
        self.released.add(content)

    def unreferenced(self) -> list[str]:
        return [
            c for c in self.released if self.execute(REFERENCED, {"content": c}).fetchone() is None
        ]


class Index:
    """The connection and its thread.

    `announces` returns True for a bucket whose new objects are notified.
    """

    def __init__(self, path: Path, contents: Contents, announces: Callable[[str], bool]) -> None:
        self.path = path
        self.contents = contents
        self.announces = announces
        self.news = asyncio.Event()  # set when an event was committed
        self.thread = ThreadPoolExecutor(1, thread_name_prefix="index")
        self.connection = self.thread.submit(self.open).result()

    def open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self.path, timeout=2, isolation_level=None)
        connection.execute("pragma locking_mode = exclusive")
        connection.execute("pragma journal_mode = wal")
        connection.execute("pragma synchronous = full")
        connection.executescript(SCHEMA)
        return connection

    async def run(self, work: Callable[[Transaction], T]) -> T:
        """Runs `work` as one transaction, which is committed when this returns."""
        transaction = Transaction(self.connection, self.announces)
        result = await asyncio.get_running_loop().run_in_executor(
            self.thread, self.commit, transaction, work
        )
        if transaction.announced:
            self.news.set()
        return result

    def commit(self, transaction: Transaction, work: Callable[[Transaction], T]) -> T:
        with translate_full_disk():
            self.connection.execute("begin immediate")
            try:
                result = work(transaction)
                unreferenced = transaction.unreferenced()
                self.connection.execute("commit")
            except BaseException:
                # On a full disk SQLite may have rolled back by itself.
                if self.connection.in_transaction:
                    self.connection.execute("rollback")
                raise
        for content in unreferenced:
            self.contents.delete(content)
        return result

    def close(self) -> None:
        self.thread.submit(self.connection.close).result()
        self.thread.shutdown()


@contextmanager
def translate_full_disk() -> Iterator[None]:
    """Raises NoRoom if the disk is full.

    SQLite reports this as SQLITE_FULL or as one of its input-output errors.
    """
    try:
        yield
    except sqlite3.OperationalError as error:
        if not error.sqlite_errorname.startswith(("SQLITE_FULL", "SQLITE_IOERR")):
            raise
        raise NoRoom("The disk is full.") from error


def timestamp() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
