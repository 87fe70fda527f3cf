"""Pushes job events to notify on one machine, as Pub/Sub does on Google: `python -m local.bridge`.

Each event is pushed by itself until notify answers with a status 2xx, and is then deleted. What
waits is known from the job store alone, so a bridge that is killed goes on when it is started
again; notify then gets some events twice.
"""

import asyncio
import logging
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import click
import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from shared.adapters.queued_events import QueuedEvent, QueuedEvents, open_queue
from shared.model.errors import JobStoreUnavailable
from shared.model.push import PushRequest
from shared.runtime.log import configure

log = logging.getLogger(__name__)

LOOK_SECONDS = 0.2
"""Seconds between two looks into the queue."""
LEAST_IDLE = 9.0
"""A pause is at least so many times as long as the look before it, however long the queue is."""
SHORTEST_PAUSE, LONGEST_PAUSE = 1.0, 600.0
"""Seconds between two attempts at an event. Each pause is twice the one before."""
DEADLINE = 150.0
"""Seconds that notify may take for an answer."""
FIRST_ATTEMPTS, REPEATS = 16, 8
"""Most first attempts and most repeats at once. New events need not wait for those that fail."""

Push = Callable[[PushRequest], Awaitable[int]]
"""Sends a request to notify and returns the status of the response. Raises httpx.HTTPError or
TimeoutError."""


def pauses() -> Iterator[float]:
    """Yields the seconds to wait after each attempt."""
    pause = SHORTEST_PAUSE
    while True:
        yield pause
        pause = min(LONGEST_PAUSE, pause * 2)


@dataclass
class Bridge:
    """Takes events from the queue and pushes them."""

    queue: QueuedEvents
    push: Push
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    deliveries: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    """Events that are being delivered, by message id."""
    first_attempts: asyncio.Semaphore = field(
        default_factory=lambda: asyncio.Semaphore(FIRST_ATTEMPTS)
    )
    repeats: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(REPEATS))

    async def run(self) -> None:
        """Looks into the queue again and again, until it is cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                started = time.monotonic()
                await self.look_once(group)
                took = time.monotonic() - started
                pause = max(LOOK_SECONDS, took * LEAST_IDLE)
                await self.sleep(pause)

    async def look_once(self, group: asyncio.TaskGroup) -> None:
        """Starts to deliver what has been queued since the last look."""
        known = set(self.deliveries)  # one of them may be deleted just after the queue was read
        try:
            waiting = await asyncio.to_thread(self.queue.waiting)
        except JobStoreUnavailable as error:
            log.warning("queue not read: %s", error)
            return
        for event in waiting:
            message_id = event.message.message_id
            if message_id not in known:
                self.deliveries[message_id] = group.create_task(self.deliver(event))

    async def deliver(self, event: QueuedEvent) -> None:
        """Pushes an event until it is delivered or given up, and deletes it."""
        for attempt, pause in enumerate(pauses(), start=1):
            if await self.is_finished(event, attempt):
                break
            await self.sleep(pause)
        del self.deliveries[event.message.message_id]

    async def is_finished(self, event: QueuedEvent, attempt: int) -> bool:
        """Pushes an event once. Returns whether it was deleted."""
        message_id = event.message.message_id
        turns = self.first_attempts if attempt == 1 else self.repeats
        async with turns:
            is_delivered = await self.is_accepted(event, attempt)
        is_expired = event.expires < self.queue.now()
        if not is_delivered and not is_expired:
            return False
        if not is_delivered:
            log.error("event given up", extra={"message_id": message_id, "attempts": attempt})
        try:
            await asyncio.to_thread(self.queue.delete, message_id)
        except JobStoreUnavailable as error:
            log.warning("event not deleted: %s", error)
            return False
        return True

    async def is_accepted(self, event: QueuedEvent, attempt: int) -> bool:
        """Returns whether notify answered an event with a status 2xx."""
        fields = {"message_id": event.message.message_id, "attempt": attempt}
        request = event.request(attempt)
        try:
            async with asyncio.timeout(DEADLINE):
                status = await self.push(request)
        except (httpx.HTTPError, TimeoutError) as error:
            log.info("event not delivered: %s", type(error).__name__, extra=fields)
            return False
        if not httpx.codes.is_success(status):
            log.info("event not delivered", extra={**fields, "status": status})
            return False
        return True


def push_with(client: httpx.AsyncClient, url: str) -> Push:
    """Returns a function that posts requests to `url`."""

    async def push(request: PushRequest) -> int:
        body = request.model_dump_json()
        headers = {"Content-Type": "application/json"}
        response = await client.post(url, content=body, headers=headers)
        return response.status_code

    return push


def make_app(queue: QueuedEvents, url: str) -> Starlette:
    """Returns an application that pushes events to `url` while it runs."""

    @asynccontextmanager
    async def pushing(_: Starlette) -> AsyncIterator[None]:
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        async with httpx.AsyncClient(timeout=DEADLINE, limits=limits, trust_env=False) as client:
            bridge = Bridge(queue, push_with(client, url))
            running = asyncio.create_task(bridge.run())
            running.add_done_callback(end_process)
            yield
            running.remove_done_callback(end_process)
            running.cancel()

    return Starlette(routes=[Route("/health", health)], lifespan=pushing)


async def health(_: Request) -> JSONResponse:
    return JSONResponse({"status": "ok", "name": "bridge"})


def end_process(running: asyncio.Task[None]) -> None:
    """Ends the process after a bug, so that the supervisor starts it again."""
    log.error("bug in the bridge", exc_info=running.exception())
    signal.raise_signal(signal.SIGTERM)


@click.command()
@click.option("--port", type=int, required=True)
@click.option("--notify", required=True, help="URL of notify.")
def main(port: int, notify: str) -> None:
    """Pushes the events of this machine's queue to notify."""
    # uvicorn shuts down first, then calls this handler
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    configure()
    app = make_app(open_queue(), notify)
    uvicorn.run(
        app,
        host="127.0.0.1",
        port=port,
        log_config=None,
        access_log=False,
        ws="none",
        timeout_graceful_shutdown=5,
    )


if __name__ == "__main__":
    main()
