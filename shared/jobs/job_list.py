"""Lists of jobs, a page at a time, whose cost does not depend on the number of jobs."""

import base64
import heapq
import logging
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from pydantic import ValidationError

from shared.jobs.job import Job, JobState
from shared.jobs.listing import folder_digest, folders_of, position_at
from shared.model.errors import BadRequest
from shared.ports.documents import Document, Documents, Page

log = logging.getLogger(__name__)

POSITION = re.compile(r"[0-9]{13}-[0-9a-f]{20}")
MAX_READ = 1000
"""Most documents that are read for one page. A page with a prefix that is not a folder reads some
that it does not show."""
BATCH = 200
"""Documents that are read at once."""
LAST = "~"
"""Sorts after every other character of a position."""


@dataclass(frozen=True)
class JobQuery:
    """Which jobs a list has."""

    folder: str
    """Folder of the inbox, such as "team/". Empty: all of it."""
    states: tuple[JobState, ...] = ()
    """Empty: all."""
    name_prefix: str = ""
    """What the recordings' names begin with, their folders included."""
    created_after: datetime | None = None

    def narrowest_folder(self) -> str:
        """Returns the folder that all of the list's recordings are in."""
        *_, of_prefix = folders_of(self.name_prefix)
        return max(self.folder, of_prefix, key=len)

    def has(self, job: Job) -> bool:
        """Returns whether the list has a job of the narrowest folder."""
        return job.is_in(self.folder) and job.source.name.startswith(self.name_prefix)


def list_jobs(
    documents: Documents, query: JobQuery, cursor: str | None, limit: int
) -> tuple[list[Job], str | None]:
    """Returns at most `limit` jobs, the newest first, and the cursor of the next page or None.

    A page may be short before the end of the list. Jobs that are added meanwhile are on no later
    page. Raises BadRequest if no list returned the cursor.
    """
    above = ""
    if query.created_after is not None:
        above = position_at(query.created_after) + LAST
    below = position_of_cursor(cursor) if cursor else ""
    digest = folder_digest(query.narrowest_folder())
    found: list[Job] = []
    for _ in range(0, MAX_READ, BATCH):
        # One more than is shown tells whether there is a next page.
        wanted = limit + 1 - len(found)
        size = BATCH if query.name_prefix else wanted
        page = Page(digest, "position", size, above=above, below=below)
        batch = in_states(documents, page, query.states)
        for job in readable_jobs(batch):
            if query.has(job):
                found.append(job)
        if len(found) > limit:
            shown = found[:limit]
            return shown, cursor_of(shown[-1].position)
        if len(batch) < size:
            return found, None
        below = position_in(batch[-1])
    return found, cursor_of(below)


def in_states(documents: Documents, page: Page, states: Collection[JobState]) -> list[Document]:
    """Returns the page of the jobs in any of the states, which is empty for all of them."""
    if not states:
        return documents.page("jobs", page)
    pages = [documents.page("jobs", replace(page, state=state)) for state in states]
    merged = heapq.merge(*pages, key=position_in, reverse=True)
    return list(islice(merged, page.limit))


def position_in(document: Document) -> str:
    return str(document["position"])


def cursor_of(position: str) -> str:
    encoded = base64.urlsafe_b64encode(position.encode())
    return encoded.decode().rstrip("=")


def position_of_cursor(cursor: str, form: re.Pattern[str] = POSITION) -> str:
    """Returns the position in a cursor, which has this form.

    Raises BadRequest if no list returned the cursor.
    """
    padding = "=" * (-len(cursor) % 4)
    try:
        position = base64.urlsafe_b64decode(cursor + padding).decode()
    except ValueError:  # also for characters that are not ASCII, and bytes that are not UTF-8
        position = ""
    if form.fullmatch(position) is None:
        raise BadRequest("cursor: it is not one that a list returned")
    return position


def readable_jobs(documents: Iterable[Document]) -> Iterator[Job]:
    """Yields the jobs in the documents. One that is no job is logged and left out, so that it does
    not hide the others."""
    for document in documents:
        try:
            yield Job.model_validate(document)
        except ValidationError as error:
            job_id = document.get("job_id")
            log.error("job unreadable: %s", error.title, extra={"job_id": job_id})
