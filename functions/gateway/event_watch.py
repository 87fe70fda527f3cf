"""Waits for events, with one look at the event log for all requests that wait."""

import asyncio
import logging
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool

from functions.gateway.per_application import per_application
from shared.jobs.event_log import EventLog
from shared.jobs.logged_event import LoggedEvent
from shared.model.errors import Transient

log = logging.getLogger(__name__)

EVENT_POLL_SECONDS = 0.5
"""Seconds between two looks at the event log."""
LOOK_LIMIT = 200
"""Events that are read at a look."""


class EventWaiter:
    """A request that waits for an event of a folder."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self._has_news = asyncio.Event()

    def show(self, event: LoggedEvent) -> None:
        """End the wait if the event is in the folder."""
        if event.is_shown and event.is_in(self.folder):
            self._has_news.set()

    async def wait(self, seconds: float, disconnection: Coroutine[None, None, None]) -> None:
        """Return when there is an event, `seconds` have passed, or `disconnection` returns."""
        news = asyncio.create_task(self._wait_for_news())
        gone = asyncio.create_task(disconnection)
        first = asyncio.FIRST_COMPLETED
        try:
            await asyncio.wait({news, gone}, timeout=seconds, return_when=first)
        finally:
            news.cancel()
            gone.cancel()

    async def _wait_for_news(self) -> None:
        await self._has_news.wait()


class EventWatch:
    """The requests that wait for events. While there are any, the log is looked at each `interval`
    seconds, and only what is new in it is read."""

    def __init__(self, interval: float = EVENT_POLL_SECONDS) -> None:
        self._interval = interval
        self._waiters: set[EventWaiter] = set()
        self._looks: asyncio.Task[None] | None = None

    @property
    def waiters(self) -> frozenset[EventWaiter]:
        """The requests that wait."""
        return frozenset(self._waiters)

    @contextmanager
    def waiting(self, events: EventLog, last: int, folder: str) -> Iterator[EventWaiter]:
        """Gives a waiter, which sees the events that are logged from now on.

        `last` is the number of an event of the log; all later ones are looked at.
        """
        waiter = EventWaiter(folder)
        self._waiters.add(waiter)
        if self._looks is None or self._looks.done():
            self._looks = asyncio.create_task(self._look(events, last))
        try:
            yield waiter
        finally:
            self._waiters.discard(waiter)
            if not self._waiters:
                self._looks.cancel()

    async def _look(self, events: EventLog, last: int) -> None:
        """Show new events to the waiters. A store that does not answer is asked again: the requests
        report it when their time is up."""
        while True:
            await asyncio.sleep(self._interval)
            try:
                new = await run_in_threadpool(events.read, last, LOOK_LIMIT)
            except Transient as error:
                log.info("events not read: %s", error)
                continue
            for event in new:
                last = event.number
                for waiter in self._waiters:
                    waiter.show(event)


async def event_watch(request: Request) -> EventWatch:
    """Returns the watch that all requests of this process share."""
    return per_application(request, "event_watch", EventWatch)


InEventWatch = Annotated[EventWatch, Depends(event_watch)]
