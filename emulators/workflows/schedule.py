"""Emulates Cloud Scheduler: calls URLs at regular intervals."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import httpx

from emulators.workflows import log

TIMEOUT = 300.0
"""Seconds a call may take."""


@asynccontextmanager
async def scheduled(calls: Mapping[str, int]) -> AsyncIterator[None]:
    """POSTs to each URL every so many seconds while the block runs, first after that time."""
    async with httpx.AsyncClient(timeout=TIMEOUT) as client:
        tasks = [
            asyncio.create_task(repeat(client, url, seconds)) for url, seconds in calls.items()
        ]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def repeat(client: httpx.AsyncClient, url: str, seconds: int) -> None:
    while True:
        await asyncio.sleep(seconds)
        try:
            answer = await client.post(url, json={})
            if answer.is_error:
                log.event("a scheduled call failed", "WARNING", code=answer.status_code)
        except httpx.TransportError as error:
            log.event("a scheduled call failed", "WARNING", error=type(error).__name__)
