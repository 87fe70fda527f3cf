"""What happens to a job, as events for those who listen to it: server-sent events, and the streams
of other APIs."""

import asyncio
import logging
import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import Depends, Request

from functions.gateway.deployment import Deployment
from functions.gateway.job_reader import SeenJob
from functions.gateway.job_view import options_of
from functions.gateway.job_watch import InJobWatch, JobLooks, JobWatch, Listener
from functions.gateway.per_application import per_application
from functions.gateway.ready_words import PartResult, ReadyWords
from shared.jobs.job import Job
from shared.model.api import JobView
from shared.model.errors import Transient
from shared.model.live import PartWords

log = logging.getLogger(__name__)

BOOKMARK = re.compile(r"([0-9]{1,9})-([0-9a-f]{1,256})(-end)?", re.ASCII)
RETRY_SECONDS = 1.0
"""Seconds until words that storage did not return are read again."""


@dataclass(frozen=True)
class Bookmark:
    """What a listener has got of a job. As a text it is the `id` of an event.

    It holds all that is needed to go on, so that any instance can.
    """

    run: int = 0
    parts: int = 0
    """The parts of that run whose words were sent, as the bits of a number."""
    is_over: bool = False
    """Whether the end of that run was sent."""

    @classmethod
    def parse(cls, text: str) -> "Bookmark":
        """Returns the bookmark in a text, or the first one if it holds none."""
        found = BOOKMARK.fullmatch(text)
        if found is None:
            return cls()
        run, parts, end = found.groups()
        return cls(int(run), int(parts, 16), end is not None)

    @classmethod
    def with_all_parts(cls, job: Job) -> "Bookmark":
        """Returns the bookmark of a listener that needs no words of a job."""
        parts = job.chunks or 0
        return cls(job.run, (1 << parts) - 1)

    def __str__(self) -> str:
        end = "-end" if self.is_over else ""
        return f"{self.run}-{self.parts:x}{end}"

    def has(self, part: int) -> bool:
        return bool(self.parts >> part & 1)

    def with_part(self, part: int) -> "Bookmark":
        return replace(self, parts=self.parts | 1 << part)


NOTHING_YET = Bookmark()


@dataclass(frozen=True)
class JobChanged:
    """A job's state or progress. The first event of a listener is one."""

    bookmark: Bookmark
    view: JobView


@dataclass(frozen=True)
class SegmentReady:
    """The words of one part of the recording."""

    bookmark: Bookmark
    """With this part."""
    words_json: str
    """A `PartWords` as JSON, which all listeners share."""

    @property
    def words(self) -> PartWords:
        """Returns the words, with part, start and segments."""
        return PartWords.model_validate_json(self.words_json)


@dataclass(frozen=True)
class JobOver:
    """The end of a job: it is done, failed or cancelled. The last event of a listener."""

    bookmark: Bookmark
    view: JobView


LiveEvent = JobChanged | SegmentReady | JobOver


class LiveEvents:
    """Live events of jobs, for any number of listeners. A job is read once a second for all of its
    listeners together."""

    def __init__(self, watch: JobWatch) -> None:
        self._watch = watch
        self._words = ReadyWords()

    async def listen(
        self,
        job_id: str,
        stores: Deployment,
        bookmark: Bookmark = NOTHING_YET,
        listener: Listener | None = None,
    ) -> AsyncGenerator[LiveEvent]:
        """Yields a `JobChanged` at once, then what happens, and at the end a `JobOver`.

        Every part after `bookmark` comes once, also the last ones before `JobOver`, and those of a
        job that was over before; none comes where the options change words (`replacements`). After
        a `JobChanged` with a later run, all parts come again. It ends without `JobOver` if the
        recording is erased, or `listener` is ended. Close it (`contextlib.aclosing`) when its
        events are no longer needed.
        """
        listener = listener or Listener()
        shown = 0
        async with self._looks(job_id, stores, listener) as (watch, looks):
            async for seen in looks:
                if bookmark.run != seen.job.run:
                    bookmark = Bookmark(seen.job.run)
                is_new = watch.changes != shown and not seen.is_over
                if is_new or not shown:
                    shown = watch.changes
                    yield JobChanged(bookmark, seen.view)
                for part in missing_parts(seen, bookmark):
                    words = await self._read(part, stores, listener)
                    if listener.is_ended or watch.is_gone:
                        return
                    bookmark = bookmark.with_part(part.words.part)
                    if words:
                        yield SegmentReady(bookmark, words)
                if seen.is_over:
                    yield JobOver(replace(bookmark, is_over=True), seen.view)

    @asynccontextmanager
    async def _looks(
        self, job_id: str, stores: Deployment, listener: Listener
    ) -> AsyncIterator[tuple[JobLooks, AsyncIterator[SeenJob]]]:
        """Gives the looks at a job, which end with the block."""
        with self._watch.listening(job_id, stores.jobs, listener) as watch:
            async with aclosing(looks_of(watch, listener)) as looks:
                yield watch, looks

    async def _read(self, part: PartResult, stores: Deployment, listener: Listener) -> str:
        """Returns the words of a part, which are read again and again while storage does not
        answer. Empty if they cannot be read."""
        while not listener.is_ended:
            try:
                return await self._words.read(part, stores.blobs)
            except Transient as error:
                job = {"job_id": part.source.job_id}
                log.info("words not read: %s", error.type, extra=job)
                await asyncio.sleep(RETRY_SECONDS)
        return ""


async def looks_of(watch: JobLooks, listener: Listener) -> AsyncGenerator[SeenJob]:
    """Yields the job each time that it changed, until it is over or erased, or the listener is
    ended."""
    while not listener.is_ended:
        watch.raise_failure()
        if watch.is_gone:
            return
        seen = watch.seen
        if seen is not None:
            yield seen
            if seen.is_over:
                return
        await listener.news()


def missing_parts(seen: SeenJob, bookmark: Bookmark) -> Iterator[PartResult]:
    """Yields the parts whose words are ready and not sent, in order. There are none if there will
    be no transcript, or one with other words.

    A cancellation has a run of its own, which has no words.
    """
    job = seen.job
    is_cancelled = job.state == "cancelled"
    if seen.cut is None or is_cancelled or not keeps_words(job):
        return
    for part, record in sorted(seen.words.items()):
        if not bookmark.has(part):
            yield PartResult(job.source, job.run, seen.cut, record)


def keeps_words(job: Job) -> bool:
    """Returns whether the transcript has the words as they were recognised."""
    options = options_of(job)
    return options is not None and not options.replacements


async def live_events(request: Request, watch: InJobWatch) -> LiveEvents:
    """Returns the events that all requests of this process share."""
    return per_application(request, "live_events", lambda: LiveEvents(watch))


InLiveEvents = Annotated[LiveEvents, Depends(live_events)]
