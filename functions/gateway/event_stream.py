"""Sends what happens to a job as server-sent events."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing, contextmanager
from typing import Annotated

import anyio
from fastapi import Depends, Request
from sse_starlette import EventSourceResponse, ServerSentEvent
from sse_starlette.sse import SendTimeoutError
from starlette.types import Receive, Scope, Send

from functions.gateway.access import Caller, Reader
from functions.gateway.job_watch import Listener
from functions.gateway.limits import limits_of
from functions.gateway.live_events import JobChanged, JobOver, LiveEvent, SegmentReady
from shared.model.api import JobView
from shared.model.live import JobProgress
from shared.settings import settings

log = logging.getLogger(__name__)

RETRY_MILLISECONDS = 3000
"""After which a client that lost the stream connects again."""
PING_SECONDS = 15
"""Between two comments, which keep proxies from ending a stream without events."""
SEND_SECONDS = 30
"""After which a client that reads nothing is dropped."""
SHUTDOWN_SECONDS = 2
"""For the streams' last bytes when the process ends."""
LINE_END = "\n"


class EventStream(EventSourceResponse):
    """The response with the events of a listener."""

    def __init__(
        self,
        events: AsyncGenerator[ServerSentEvent],
        listener: Listener,
        headers: dict[str, str] | None = None,
    ) -> None:
        self._is_shutting_down = anyio.Event()
        self._listener = listener
        super().__init__(
            events,
            headers=headers,
            sep=LINE_END,
            ping=PING_SECONDS,
            ping_message_factory=ping,
            send_timeout=SEND_SECONDS,
            shutdown_event=self._is_shutting_down,
            shutdown_grace_period=SHUTDOWN_SECONDS,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        ending = asyncio.create_task(self._end_at_shutdown())
        try:
            await super().__call__(scope, receive, send)
        except SendTimeoutError:
            log.info("a listener that read nothing was dropped")
        finally:
            ending.cancel()

    async def _end_at_shutdown(self) -> None:
        await self._is_shutting_down.wait()
        self._listener.end()


def ping() -> ServerSentEvent:
    return ServerSentEvent(comment="ping", sep=LINE_END)


async def server_sent(events: AsyncGenerator[LiveEvent]) -> AsyncGenerator[ServerSentEvent]:
    """Yields events as they are sent. The first one says when to connect again."""
    retry: int | None = RETRY_MILLISECONDS
    shown: JobView | None = None
    async with aclosing(events):
        async for event in events:
            name, data = name_and_data(event, shown)
            yield ServerSentEvent(
                data, event=name, id=str(event.bookmark), retry=retry, sep=LINE_END
            )
            retry = None
            if isinstance(event, JobChanged):
                shown = event.view


def name_and_data(event: LiveEvent, shown: JobView | None) -> tuple[str, str]:
    """Returns an event's name and its data as JSON. `shown` is the job as the client knows it.

    A client gets the whole job when its run or its state changes, and else only its progress.
    """
    if isinstance(event, SegmentReady):
        return "job.segment", event.words_json
    view = event.view
    if isinstance(event, JobOver):
        return f"job.{view.state}", view.model_dump_json()
    if shown is None or (shown.run, shown.state) != (view.run, view.state):
        return "job.state", view.model_dump_json()
    progress = JobProgress(run=view.run, state=view.state, progress=view.progress)
    return "job.progress", progress.model_dump_json()


# Who listens, and how long


async def stream_listener(request: Request, caller: Reader) -> AsyncIterator[Listener]:
    """Gives a listener that is ended when its time is up.

    Raises TooManyRequests if the key has as many streams as it may.
    """
    with timed_listener(request, caller, settings().gateway.stream_seconds) as listener:
        yield listener


@contextmanager
def timed_listener(request: Request, caller: Caller, seconds: float) -> Iterator[Listener]:
    """Gives a listener that is ended after so many seconds.

    Raises TooManyRequests if the key has as many streams as it may.
    """
    listener = Listener()
    with limits_of(request).streams.held(caller.key_id):
        timer = asyncio.get_running_loop().call_later(seconds, listener.end)
        try:
            yield listener
        finally:
            timer.cancel()


InListener = Annotated[Listener, Depends(stream_listener)]
"""Type of a route's parameter that is its listener, until the response is sent."""
