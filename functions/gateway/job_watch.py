"""Waits for what happens to jobs, with one look at a job for all requests that wait for it or
listen to it."""

import asyncio
import logging
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool

from functions.gateway.job_reader import JobReader, SeenJob
from functions.gateway.per_application import per_application
from shared.jobs.store import JobStore
from shared.model.errors import Transient

log = logging.getLogger(__name__)

POLL_SECONDS = 1.0
"""Seconds between two looks at a job."""


class Listener:
    """A request that is told when there is something new for it. It keeps nothing of what is new,
    so one that is slow takes no memory."""

    def __init__(self) -> None:
        self._news = asyncio.Event()
        self.is_ended = False

    def wake(self) -> None:
        """Have it look for what is new."""
        self._news.set()

    def end(self) -> None:
        """Have it get no more, whatever happens to the job."""
        self.is_ended = True
        self._news.set()

    async def news(self) -> None:
        """Return when it was woken or ended since the last time."""
        await self._news.wait()
        self._news.clear()


class JobLooks:
    """The looks at one job, which wake the listeners when something changed."""

    def __init__(self, job_id: str, jobs: JobStore, interval: float) -> None:
        self.seen: SeenJob | None = None
        """The job at the last look. None: before the first one, and after the end of its
        document."""
        self.changes = 0
        """How often the looks found the job changed, the first one included."""
        self.listeners: set[Listener] = set()
        self.looks = asyncio.create_task(self._look_until_over(job_id, jobs, interval))
        self.looks.add_done_callback(lambda _: self._wake_all())  # also after a bug

    @property
    def is_gone(self) -> bool:
        """Returns whether the job was erased, or its document is deleted."""
        if self.seen is None:
            return self.looks.done()
        return self.seen.is_erased

    def raise_failure(self) -> None:
        """Raises the bug that ended the looks, if one did."""
        if self.looks.done() and not self.looks.cancelled():
            self.looks.result()

    async def _look_until_over(self, job_id: str, jobs: JobStore, interval: float) -> None:
        """Return when the job is over. A store that does not answer is asked again."""
        reader = JobReader(job_id, jobs)
        while True:
            try:
                seen = await run_in_threadpool(reader.read)
            except Transient as error:
                log.info("job not read: %s", error, extra={"job_id": job_id})
                await asyncio.sleep(interval)
                continue
            has_changed = self.seen is None or seen is None or seen.differs_from(self.seen)
            self.seen = seen
            if has_changed:
                self.changes += 1
                self._wake_all()
            if seen is None or seen.is_over:
                return
            await asyncio.sleep(interval)

    def _wake_all(self) -> None:
        for listener in self.listeners:
            listener.wake()


class JobWatch:
    """The jobs that requests wait for or listen to. A job is looked at while there are any, each
    `interval` seconds. A look reads the job's document, and the records of parts that are newly
    done."""

    def __init__(self, interval: float = POLL_SECONDS) -> None:
        self._interval = interval
        self._watches: dict[str, JobLooks] = {}

    @property
    def watched(self) -> frozenset[str]:
        """The ids of the jobs that are looked at."""
        return frozenset(self._watches)

    @contextmanager
    def listening(self, job_id: str, jobs: JobStore, listener: Listener) -> Iterator[JobLooks]:
        """Gives the looks at a job, which wake the listener until the block is left."""
        watch = self._watches.get(job_id)
        if watch is None or watch.looks.done():
            watch = JobLooks(job_id, jobs, self._interval)
            self._watches[job_id] = watch
        watch.listeners.add(listener)
        try:
            yield watch
        finally:
            watch.listeners.discard(listener)
            if not watch.listeners:
                self._end(job_id, watch)

    async def wait(
        self,
        job_id: str,
        jobs: JobStore,
        seconds: float,
        disconnection: Coroutine[None, None, None],
    ) -> None:
        """Return when the job is over, `seconds` have passed, or `disconnection` returns."""
        gone = asyncio.create_task(disconnection)
        first = asyncio.FIRST_COMPLETED
        try:
            with self.listening(job_id, jobs, Listener()) as watch:
                await asyncio.wait({watch.looks, gone}, timeout=seconds, return_when=first)
        finally:
            gone.cancel()

    def _end(self, job_id: str, watch: JobLooks) -> None:
        watch.looks.cancel()
        if self._watches.get(job_id) is watch:
            del self._watches[job_id]


async def disconnected(request: Request) -> None:
    """Return when the client has gone away. The request must have no body."""
    message = await request.receive()
    while message["type"] != "http.disconnect":
        message = await request.receive()


async def job_watch(request: Request) -> JobWatch:
    """Returns the watch that all requests of this process share."""
    return per_application(request, "job_watch", JobWatch)


InJobWatch = Annotated[JobWatch, Depends(job_watch)]
