"""Waits for the ends of jobs, with one look at a job for all requests that wait for it."""

import asyncio
import logging
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool

from functions.gateway.job_view import is_over
from shared.jobs.store import JobStore
from shared.model.errors import Transient

log = logging.getLogger(__name__)

POLL_SECONDS = 0.5
"""Seconds between two looks at a job."""


@dataclass
class Watch:
    """The looks at one job."""

    looks: asyncio.Task[None]
    listeners: int = 0
    """Requests that wait for the job."""


class JobWatch:
    """The jobs that requests wait for. A job is looked at while there are any, each `interval`
    seconds. A look reads the job's document only."""

    def __init__(self, interval: float = POLL_SECONDS) -> None:
        self._interval = interval
        self._watches: dict[str, Watch] = {}

    @property
    def watched(self) -> frozenset[str]:
        """The ids of the jobs that are looked at."""
        return frozenset(self._watches)

    async def wait(
        self,
        job_id: str,
        jobs: JobStore,
        seconds: float,
        disconnection: Coroutine[None, None, None],
    ) -> None:
        """Return when the job is over, `seconds` have passed, or `disconnection` returns."""
        watch = self._watches.get(job_id)
        if watch is None or watch.looks.done():
            looks = asyncio.create_task(self._look_until_over(job_id, jobs))
            watch = Watch(looks)
            self._watches[job_id] = watch
        watch.listeners += 1
        gone = asyncio.create_task(disconnection)
        first = asyncio.FIRST_COMPLETED
        try:
            await asyncio.wait({watch.looks, gone}, timeout=seconds, return_when=first)
        finally:
            gone.cancel()
            watch.listeners -= 1
            if not watch.listeners:
                self._end(job_id, watch)

    def _end(self, job_id: str, watch: Watch) -> None:
        watch.looks.cancel()
        if self._watches.get(job_id) is watch:
            del self._watches[job_id]

    async def _look_until_over(self, job_id: str, jobs: JobStore) -> None:
        """Return when the job is over. A store that does not answer is asked again: the request
        reports it when its time is up."""
        while True:
            await asyncio.sleep(self._interval)
            try:
                job = await run_in_threadpool(jobs.find, job_id)
            except Transient as error:
                log.info("job not read: %s", error, extra={"job_id": job_id})
                continue
            if job is None or is_over(job):
                return


async def disconnected(request: Request) -> None:
    """Return when the client has gone away. The request must have no body."""
    message = await request.receive()
    while message["type"] != "http.disconnect":
        message = await request.receive()


async def job_watch(request: Request) -> JobWatch:
    """Returns the watch that all requests of this process share."""
    state = request.app.state
    if not hasattr(state, "job_watch"):
        state.job_watch = JobWatch()
    watch: JobWatch = state.job_watch
    return watch


InJobWatch = Annotated[JobWatch, Depends(job_watch)]
