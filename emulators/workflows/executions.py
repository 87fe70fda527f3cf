"""Stores the workflow's executions in SQLite. Those that are ACTIVE at the start are run again."""

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
    """An execution as its row in the database."""

    number: int
    """Increases with each execution. Lists are ordered by it."""
    id: str
    argument: str
    """JSON; result and error are too."""
    state: State
    start_time: float
    """Unix seconds; end_time is too."""
    end_time: float | None = None
    result: str | None = None
    error: str | None = None
    context: str | None = None
    """The stack trace of the error, for people."""
    routine: str | None = None
    """Routine of the last step that was attempted."""
    step: str | None = None


class NotWritten(Exception):
    """The disk is full, or another process has locked the file for too long."""


@dataclass(frozen=True)
class Ending:
    """How an execution ended."""

    state: State
    result: str | None = None
    error: str | None = None
    context: str | None = None
    last_step: tuple[str, str] | tuple[None, None] = (None, None)


class ExecutionStore:
    """One row per execution, written when it is created and when it ends."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @classmethod
    def open(cls, file: Path) -> Self:
        file.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(file, isolation_level=None)
        # A write is one append, which is safe if the process is killed. Reconcile restarts the
        # executions that a power cut may lose.
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
        """Ends an active execution. An execution that has ended does not change."""
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
        """Runs the statement and commits it. Returns the row that it returns, if any."""
        try:
            return self._connection.execute(statement, values).fetchone()
        except sqlite3.OperationalError as error:
            raise NotWritten(str(error)) from error

    def get(self, execution: str) -> StoredExecution | None:
        row = self._connection.execute(
            f"SELECT {_COLUMNS} FROM executions WHERE id = ?", (execution,)
        ).fetchone()
        return StoredExecution(*row) if row else None

    def newest(
        self, count: int, before: int | None = None, states: tuple[str, ...] = ()
    ) -> list[StoredExecution]:
        """Returns executions, the newest first. With `before`, only those with a lower number; with
        `states`, only those in one of them."""
        in_states = f"AND state IN ({','.join('?' * len(states))})" if states else ""
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM executions WHERE number < ? {in_states}"
            " ORDER BY number DESC LIMIT ?",
            (2**62 if before is None else before, *states, count),
        )
        return [StoredExecution(*row) for row in rows]

    def active(self) -> list[StoredExecution]:
        """Returns the active executions, the oldest first."""
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM executions WHERE state = 'ACTIVE' ORDER BY number",
        )
        return [StoredExecution(*row) for row in rows]

    def counts(self) -> dict[str, int]:
        """Returns the number of executions in each state."""
        return dict(
            self._connection.execute("SELECT state, count(*) FROM executions GROUP BY state")
        )
