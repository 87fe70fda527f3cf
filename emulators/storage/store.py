"""What a request handler needs: the index, the content files, and this process's open uploads."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from starlette.requests import Request

from emulators.storage.content import Contents, Writer
from emulators.storage.errors import Busy
from emulators.storage.index import Index, Transaction, translate_full_disk

UPLOAD_LIFETIME = 7 * 24 * 3600
"""Seconds, as on Google."""


@dataclass
class Store:
    """The index, the content files and the uploads of one server."""

    index: Index
    contents: Contents
    writers: dict[str, Writer] = field(default_factory=dict)
    """By upload id. Made again from the files after a restart."""
    held: set[str] = field(default_factory=set)

    @contextmanager
    def hold(self, upload_id: str) -> Iterator[None]:
        """Reserves an upload for one request. Raises Busy if another one is writing to it."""
        if upload_id in self.held:
            raise Busy("Another request is writing to this upload.")
        self.held.add(upload_id)
        try:
            yield
        finally:
            self.held.remove(upload_id)


class FolderInUse(Exception):
    """Another server has the data folder open."""


def open_store(folder: Path, announces: Callable[[str], bool]) -> Store:
    """Opens the data folder and deletes the remains of a crash.

    Raises FolderInUse if another server has it open.
    """
    contents = Contents(folder / "content")
    try:
        with translate_full_disk():
            index = Index(folder / "index.sqlite", contents, announces)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorname != "SQLITE_BUSY":
            raise
        raise FolderInUse(f"another server uses {folder}") from error
    start = Transaction(index.connection, announces)
    contents.sweep(index.thread.submit(index.commit, start, recover_rows).result())
    return Store(index, contents)


def recover_rows(tx: Transaction) -> set[str]:
    """Deletes stale uploads and makes every event due. Returns the contents to keep."""
    forget_stale_uploads(tx)
    tx.execute("update events set due = 0")
    rows = tx.execute(
        "select content from objects union select content from uploads where content is not null"
        " union select content from parts"
    )
    return {content for (content,) in rows}


def forget_stale_uploads(tx: Transaction) -> None:
    """Deletes uploads that were begun more than UPLOAD_LIFETIME ago, with their parts."""
    stale = (time.time() - UPLOAD_LIFETIME,)
    contents = tx.execute(
        "select content from uploads where created < ?1 and content is not null union"
        " select parts.content from parts join uploads on uploads.id = upload where created < ?1",
        stale,
    )
    for (content,) in contents.fetchall():
        tx.release(content)
    tx.execute(
        "delete from parts where upload in (select id from uploads where created < ?)", stale
    )
    tx.execute("delete from uploads where created < ?", stale)


def store_of(request: Request) -> Store:
    return cast(Store, request.app.state.store)


def base_url(request: Request) -> str:
    return str(request.base_url).rstrip("/")
