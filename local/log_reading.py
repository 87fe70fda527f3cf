"""Reads the log files of the one-machine cloud."""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from local.log_file import KEPT, files_of, numbered

LONGEST_SHOWN = 300
"""Characters of a log line that an error message shows."""
FURTHER = "For further information visit https://errors.pydantic.dev"
"""Begins the last line of pydantic's errors, which does not say what is wrong."""
HIDDEN = ("time", "severity", "message", "logger", "stack_trace")
"""Fields of a line that are shown elsewhere, or not at all."""
BEGINNING = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class LogLine:
    """A line of a log."""

    time: datetime
    process: str
    text: str

    def shown(self) -> str:
        """Returns the line as a person reads it, with local time."""
        if self.time == BEGINNING:
            return f"{self.process:<10}  {self.text}"
        local = self.time.astimezone()
        clock = local.isoformat(sep=" ", timespec="milliseconds")[:23]
        return f"{clock}  {self.process:<10}  {self.text}"


def parse(lines: Sequence[str], process: str) -> Iterator[LogLine]:
    """Yields the lines of one log. A line without a time has that of the line before it."""
    time = BEGINNING
    for line in lines:
        found, text = split_time(line)
        fields = json_object(text)
        if fields is not None:
            own_time = str(fields.get("time", ""))
            found = found or time_of(own_time)
            text = describe(fields)
        time = found or time
        yield LogLine(time, process, text)


def split_time(line: str) -> tuple[datetime | None, str]:
    """Returns the time at the start of a line, and the rest."""
    first, _, rest = line.partition(" ")
    time = time_of(first)
    return (time, rest) if time else (None, line)


def time_of(text: str) -> datetime | None:
    """Returns the time that a text is, if it is one with a time zone."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    return time if time.tzinfo else None


def json_object(text: str) -> dict[str, object] | None:
    if not text.startswith("{"):
        return None
    try:
        fields = json.loads(text)
    except ValueError:
        return None
    return fields if isinstance(fields, dict) else None


def describe(fields: dict[str, object]) -> str:
    """Returns a structured line as text: its severity, its message, its other fields."""
    words = [str(fields.get("severity", "INFO")), str(fields.get("message", ""))]
    for name, value in fields.items():
        if name not in HIDDEN:
            text = value if isinstance(value, str) else json.dumps(value)
            words.append(f"{name}={text}")
    line = " ".join(words)
    trace = fields.get("stack_trace")
    return f"{line}\n{trace}" if trace else line


def read_lines(path: Path) -> list[str]:
    """Returns all lines of a log, also of the files that are full."""
    lines: list[str] = []
    for file in files_of(path):
        text = file.read_text(errors="replace")
        lines += text.splitlines()
    return lines


def last_line(path: Path) -> str:
    """Returns the last line of a log that says something, without its time."""
    if not files_of(path):
        return "no log"
    lines = [line for line in read_lines(path) if FURTHER not in line]
    if not lines:
        return "empty log"
    [last] = parse(lines[-1:], path.stem)
    last_of_trace = last.text.rpartition("\n")[2]
    return last_of_trace[:LONGEST_SHOWN]


class Tail:
    """Reads what is appended to a log, also when another file is begun."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.incomplete = b""
        self.file: BinaryIO | None = None
        if path.exists():
            self.file = path.open("rb")
            self.file.seek(0, os.SEEK_END)

    def new_lines(self) -> list[str]:
        """Returns the lines that were appended since the last call."""
        if self.file is None:
            if not self.path.exists():
                return []
            self.file = self.path.open("rb")
        appended = self.file.read()
        while is_full(self.file, self.path):
            appended += self.file.read()  # what was written until another file was begun
            successor = successor_of(self.file, self.path)
            self.file.close()
            self.file = successor
            appended += self.file.read()
        text = self.incomplete + appended
        *lines, self.incomplete = text.split(b"\n")
        return [line.decode(errors="replace") for line in lines]

    def close(self) -> None:
        if self.file is not None:
            self.file.close()


def is_full(file: BinaryIO, path: Path) -> bool:
    """Returns whether another file is written at the path by now."""
    descriptor = file.fileno()
    read = os.fstat(descriptor)
    written = path.stat()
    return not os.path.samestat(read, written)


def successor_of(file: BinaryIO, path: Path) -> BinaryIO:
    """Opens the file that was begun after this one."""
    descriptor = file.fileno()
    here = os.fstat(descriptor)
    for number in range(1, KEPT + 1):
        older = numbered(path, number)
        if not older.exists():
            continue
        there = older.stat()
        if os.path.samestat(here, there):
            newer = numbered(path, number - 1)
            return newer.open("rb")
    oldest = files_of(path)[0]
    return oldest.open("rb")
