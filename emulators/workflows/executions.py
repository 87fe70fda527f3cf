"""The executions of the workflow, kept in SQLite: an ACTIVE one found at start was cut off and
starts again."""

import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Self

State = Literal["ACTIVE", "SUCCEEDED", "FAILED", "CANCELLED"]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS executions (
    number     INTEGER PRIMARY KEY,
    id         TEXT NOT NULL UNIQUE,
    argument   TEXT NOT NULL,
    state      TEXT NOT NULL,
    start_time REAL NOT NULL,
    end_time   REAL,
    result     TEXT,
    error      TEXT,
    context    TEXT,
    routine    TEXT,
    step       TEXT
);
CREATE INDEX IF NOT EXISTS executions_by_state ON executions (state);
"""
_COLUMNS = (
    "number, id, argument, state, start_time, end_time, result, error, context, routine, step"
)


@dataclass(frozen=True)
class StoredExecution:
    number: int
    """Grows with each execution; the order of the list."""
    id: str
    argument: str
    """JSON, as are result and error."""
    state: State
    start_time: float
    """Unix seconds, as end_time."""
    end_time: float | None = None
    result: str | None = None
    error: str | None = None
    context: str | None = None
    """The stack trace of the error, for people."""
    routine: str | None = None
    """With step: the last one attempted."""
    step: str | None = None


class NotWritten(Exception):
    """The file has no room, or somebody else holds it for too long."""


@dataclass(frozen=True)
class Ending:
    """How an execution ended."""

    state: State
    result: str | None = None
    error: str | None = None
    context: str | None = None
    last_step: tuple[str, str] | tuple[None, None] = (None, None)


class ExecutionStore:
    """One row an execution, written when it is created and when it ends."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @classmethod
    def open(cls, file: Path) -> Self:
        file.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(file, isolation_level=None)
        # A write is one append: safe when the process is killed. reconcile finds what a power cut
        # may have lost.
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.executescript(_SCHEMA)
        return cls(connection)

    def close(self) -> None:
        self._connection.close()

    def create(self, execution: str, argument: str) -> StoredExecution:
        row = self._write(
            "INSERT INTO executions (id, argument, state, start_time) VALUES (?, ?, 'ACTIVE', ?)"
            f" RETURNING {_COLUMNS}",
            (execution, argument, time.time()),
        )
        return StoredExecution(*row)

    def end(self, execution: str, ending: Ending) -> None:
        """Ends an active execution; one that has ended stays as it is."""
        self._write(
            "UPDATE executions SET state = ?, end_time = ?, result = ?, error = ?, context = ?,"
            " routine = ?, step = ? WHERE id = ? AND state = 'ACTIVE'",
            (
                ending.state,
                time.time(),
                ending.result,
                ending.error,
                ending.context,
                *ending.last_step,
                execution,
            ),
        )

    def _write(self, statement: str, values: tuple[object, ...]) -> Any:
        """The row that the statement returns, if it does. It is committed when that is fetched."""
        try:
            return self._connection.execute(statement, values).fetchone()
        except sqlite3.OperationalError as error:
            raise NotWritten(str(error)) from error

    def get(self, execution: str) -> StoredExecution | None:
        row = self._connection.execute(
            f"SELECT {_COLUMNS} FROM executions WHERE id = ?", (execution,)
        ).fetchone()
        return StoredExecution(*row) if row else None

    def newest(self, count: int, before: int | None = None) -> list[StoredExecution]:
        """The newest executions first, those numbered below `before` when it is given."""
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM executions WHERE number < ? ORDER BY number DESC LIMIT ?",
            (2**62 if before is None else before, count),
        )
        return [StoredExecution(*row) for row in rows]

    def active(self) -> list[StoredExecution]:
        """The oldest first."""
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM executions WHERE state = 'ACTIVE' ORDER BY number",
        )
        return [StoredExecution(*row) for row in rows]

    def counts(self) -> dict[str, int]:
        """Executions in each state."""
        return dict(
            self._connection.execute("SELECT state, count(*) FROM executions GROUP BY state")
        )
