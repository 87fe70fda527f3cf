"""Writes the log files of the one-machine cloud: limited in size, with a time in each line."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

MAX_BYTES = 8 * 10**6
"""Size at which a log file is full, and another one is begun."""
KEPT = 2
"""Full files that are kept. A process's logs take at most 24 MB."""
LONGEST_LINE = 2**16
"""Bytes after which a line that has no end is cut."""


class LogFile:
    """The log of one process. Only one writer may have it open."""

    def __init__(self, path: Path, max_bytes: int = MAX_BYTES) -> None:
        self.path = path
        self.max_bytes = max_bytes
        self.incomplete = b""
        self.followers: list[int] = []
        path.parent.mkdir(parents=True, exist_ok=True)
        self.file = path.open("ab", buffering=0)

    def write(self, output: bytes) -> None:
        """Writes the complete lines of what a process printed. The start of an incomplete line is
        kept until its end comes."""
        text = self.incomplete + output
        *lines, self.incomplete = text.split(b"\n")
        if len(self.incomplete) > LONGEST_LINE:
            lines.append(self.incomplete)
            self.incomplete = b""
        timed = [with_time(line) for line in lines if line]
        if timed:
            self._append(b"\n".join(timed) + b"\n")

    def end_line(self) -> None:
        """Writes an incomplete line, because the process that printed it has ended."""
        if self.incomplete:
            self.write(b"\n")

    def follow_with(self, stream: TextIO) -> None:
        """Has what is written to the stream go to the file that is written, also to later ones."""
        self.followers.append(stream.fileno())
        self._lead_followers()

    def _lead_followers(self) -> None:
        for descriptor in self.followers:
            os.dup2(self.file.fileno(), descriptor)

    def close(self) -> None:
        self.file.close()

    def _append(self, text: bytes) -> None:
        size = self.file.tell()
        if size and size + len(text) > self.max_bytes:
            self._begin_another()
        self.file.write(text)

    def _begin_another(self) -> None:
        for number in range(KEPT, 0, -1):
            newer = numbered(self.path, number - 1)
            if newer.exists():
                newer.replace(numbered(self.path, number))
        self.file.close()
        self.file = self.path.open("ab", buffering=0)
        self._lead_followers()


def numbered(path: Path, number: int) -> Path:
    """Returns the path of the log file that became full so many files ago; 0 is being written."""
    if number == 0:
        return path
    return path.with_name(f"{path.name}.{number}")


def files_of(path: Path) -> list[Path]:
    """Returns the files of a log that exist, the oldest first."""
    numbers = range(KEPT, -1, -1)
    paths = [numbered(path, number) for number in numbers]
    return [each for each in paths if each.exists()]


def with_time(line: bytes) -> bytes:
    """Returns the line with the time of now before it, unless it is JSON that has a time."""
    if line.startswith(b"{") and b'"time": "' in line:
        return line
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    return f"{now} ".encode() + line
