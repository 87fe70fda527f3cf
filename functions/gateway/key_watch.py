"""Ends the streams of a key soon after it became invalid, with one lookup for all of them."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool

from functions.gateway.credentials import Credential
from functions.gateway.job_watch import Listener
from functions.gateway.key_cache import find_key
from shared.jobs.key_store import KeyStore
from shared.model.errors import Transient

log = logging.getLogger(__name__)

LOOKUP_SECONDS = 2.0
"""Seconds between two lookups of a key that has streams."""


@dataclass
class Streams:
    """The streams of one credential, and the task that looks it up."""

    listeners: set[Listener]
    lookups: asyncio.Task[None]


class KeyWatch:
    """The credentials that have streams. Each is looked up every `interval` seconds."""

    def __init__(self, interval: float = LOOKUP_SECONDS) -> None:
        self._interval = interval
        self._streams: dict[Credential, Streams] = {}

    @property
    def watched(self) -> int:
        """The number of credentials that are looked up."""
        return len(self._streams)

    @contextmanager
    def ending(self, credential: Credential, keys: KeyStore, listener: Listener) -> Iterator[None]:
        """Ends the listener if the credential becomes invalid while the block runs."""
        streams = self._streams.get(credential)
        if streams is None:
            lookups = asyncio.create_task(self._look_up(credential, keys))
            streams = Streams(set(), lookups)
            self._streams[credential] = streams
        streams.listeners.add(listener)
        try:
            yield
        finally:
            streams.listeners.discard(listener)
            if not streams.listeners:
                streams.lookups.cancel()
                self._streams.pop(credential, None)

    async def _look_up(self, credential: Credential, keys: KeyStore) -> None:
        """End the streams of a credential once it is not valid. A store that does not answer is
        asked again."""
        while True:
            await asyncio.sleep(self._interval)
            try:
                key = await run_in_threadpool(find_key, credential, keys)
            except Transient as error:
                log.info("key not looked up: %s", error)
                continue
            if key is not None:
                continue
            for listener in self._streams[credential].listeners:
                listener.end()


async def key_watch(request: Request) -> KeyWatch:
    """Returns the watch that all streams of this process share."""
    state = request.app.state
    if not hasattr(state, "key_watch"):
        state.key_watch = KeyWatch()
    watch: KeyWatch = state.key_watch
    return watch


InKeyWatch = Annotated[KeyWatch, Depends(key_watch)]
