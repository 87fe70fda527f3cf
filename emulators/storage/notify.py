"""Finalize notifications: POSTs the event of each new object to one receiver.

An event is a row that is committed together with its object. A worker claims it by moving its due
time past this attempt's deadline, and deletes it once the receiver has responded with 2xx. A crash
can therefore repeat a delivery, but never lose one.
"""

import asyncio
import json
import logging
import time
from dataclasses import dataclass
from functools import partial

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from emulators.storage.errors import NoRoom
from emulators.storage.index import Index, Transaction
from emulators.storage.resources import with_links
from emulators.storage.store import store_of

log = logging.getLogger(__name__)

WORKERS = 4
"""Deliveries at once, so that a slow one does not delay the others."""
DEADLINE = 30.0
"""Seconds for one attempt."""
FIRST_DELAY, LONGEST_DELAY = 0.1, 10.0
"""Seconds between attempts."""
IDLE = 5.0
"""Seconds between two looks for events, if none is known to be due."""


@dataclass(frozen=True)
class Event:
    generation: int
    body: str
    attempts: int


def claim(tx: Transaction) -> Event | None:
    """Returns the event that has been due longest, or None.

    No other worker gets it before this attempt's deadline. A due time further in the future was
    set before the clock was set back, so such an event is due too.
    """
    now = time.time()
    row = tx.execute(
        "update events set attempts = attempts + 1, due = ?2 where generation = ("
        "select generation from events where due <= ?1 or due > ?2"
        " order by due, generation limit 1)"
        " returning generation, body, attempts",
        (now, now + 2 * DEADLINE),
    ).fetchone()
    return Event(*row) if row else None


def delete_event(tx: Transaction, event: Event) -> None:
    tx.execute("delete from events where generation = ?", (event.generation,))


def postpone(tx: Transaction, event: Event) -> None:
    delay = min(FIRST_DELAY * 2 ** min(event.attempts - 1, 10), LONGEST_DELAY)
    tx.execute(
        "update events set due = ? where generation = ?", (time.time() + delay, event.generation)
    )


def wait_time(tx: Transaction) -> float:
    """Returns the seconds until the next event is due."""
    (due,) = tx.execute("select min(due) from events").fetchone()
    return IDLE if due is None else min(max(due - time.time(), 0.0), IDLE)


def count(tx: Transaction) -> int:
    return int(tx.execute("select count(*) from events").fetchone()[0])


async def deliver_all(index: Index, receiver: str, base_url: str) -> None:
    """Delivers events until cancelled."""
    async with (
        httpx.AsyncClient(timeout=DEADLINE, trust_env=False) as client,
        asyncio.TaskGroup() as workers,
    ):
        for _ in range(WORKERS):
            workers.create_task(work(index, client, receiver, base_url))


async def work(index: Index, client: httpx.AsyncClient, receiver: str, base_url: str) -> None:
    while True:
        try:
            await deliver_one(index, client, receiver, base_url)
        except NoRoom:
            await asyncio.sleep(IDLE)  # the event's row still exists


async def deliver_one(
    index: Index, client: httpx.AsyncClient, receiver: str, base_url: str
) -> None:
    """Delivers the event that is due, or waits for the next one."""
    index.news.clear()  # before the claim: an event after it is not missed
    event = await index.run(claim)
    if event is None:
        await wait_for_event(index, await index.run(wait_time))
    elif await deliver(client, receiver, event, base_url):
        await index.run(partial(delete_event, event=event))
    else:
        await index.run(partial(postpone, event=event))


async def wait_for_event(index: Index, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await index.news.wait()
    except TimeoutError:
        return


async def deliver(client: httpx.AsyncClient, receiver: str, event: Event, base_url: str) -> bool:
    """POSTs the event to the receiver. Returns True if the response is 2xx."""
    body = json.loads(event.body)
    body["object"] = with_links(body["object"], base_url)
    try:
        async with asyncio.timeout(DEADLINE):
            response = await client.post(receiver, json=body)
    except (httpx.HTTPError, TimeoutError) as error:
        log_failed_delivery(event, type(error).__name__)
        return False
    if not response.is_success:
        log_failed_delivery(event, f"status {response.status_code}")
    return response.is_success


def log_failed_delivery(event: Event, why: str) -> None:
    """Logs a failed delivery: the first attempt as a warning, the others as debug messages."""
    level = logging.WARNING if event.attempts == 1 else logging.DEBUG
    log.log(
        level, "event %d was not delivered at attempt %d: %s", event.generation, event.attempts, why
    )


async def pending(request: Request) -> Response:
    return JSONResponse({"pending": await store_of(request).index.run(count)})
