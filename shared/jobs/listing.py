"""Where a job is listed: its place among all jobs, and the folders that it is in."""

import hashlib
from collections.abc import Iterator
from datetime import datetime


def position_of(job_id: str, created: datetime) -> str:
    """Returns a text that sorts jobs by their creation. No two jobs have the same."""
    return f"{position_at(created)}-{job_id}"


def position_at(time: datetime) -> str:
    """Returns what the positions of the jobs begin with that were created in a millisecond."""
    milliseconds = int(time.timestamp() * 1000)
    return f"{milliseconds:013d}"


def folder_digests(name: str) -> tuple[str, ...]:
    """Returns the digests of all folders that an object's name is in."""
    return tuple(folder_digest(folder) for folder in folders_of(name))


def folders_of(name: str) -> Iterator[str]:
    """Yields the folders that a name is in, the outermost first: of "a/b/c" these are "", "a/" and
    "a/b/"."""
    yield ""
    for index, character in enumerate(name):
        if character == "/":
            yield name[: index + 1]


def folder_digest(folder: str) -> str:
    digest = hashlib.sha256(folder.encode())
    return digest.hexdigest()[:16]
