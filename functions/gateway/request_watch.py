"""Ends requests whose key becomes invalid while they run, such as long waits and downloads."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from anyio import CancelScope

from functions.gateway.credentials import Credential
from shared.jobs.key_store import KeyStore
from shared.model.errors import Transient

log = logging.getLogger(__name__)

INTERVAL = 1.0
"""Seconds between two looks at a key with which requests run."""

IsValid = Callable[[Credential, KeyStore], Awaitable[bool]]
"""Returns whether a credential is still valid. Raises JobStoreUnavailable."""


@dataclass
class Watch:
    """The requests with one credential that run, and the task that looks at it for all of them."""

    looks: asyncio.Task[None]
    requests: set[CancelScope] = field(default_factory=set)


class RequestWatch:
    """Looks at the keys of requests that run. A key is looked at once for all its requests, and not
    at all for requests that are shorter than the interval."""

    def __init__(self, is_valid: IsValid, interval: float = INTERVAL) -> None:
        self._is_valid = is_valid
        self._interval = interval
        self._watches: dict[Credential, Watch] = {}

    @contextmanager
    def while_valid(self, credential: Credential, store: KeyStore) -> Iterator[CancelScope]:
        """Cancels what runs in the block when the credential is not valid any more. The scope says
        then that it caught the cancellation."""
        watch = self._watches.get(credential)
        if watch is None or watch.looks.done():
            looks = asyncio.create_task(self._look_while_used(credential, store))
            watch = Watch(looks)
            self._watches[credential] = watch
        with CancelScope() as scope:
            watch.requests.add(scope)
            try:
                yield scope
            finally:
                watch.requests.discard(scope)

    async def _look_while_used(self, credential: Credential, store: KeyStore) -> None:
        """Return when no request with the credential runs, or after all were cancelled."""
        while True:
            await asyncio.sleep(self._interval)
            watch = self._watches[credential]
            if not watch.requests:
                del self._watches[credential]
                return
            if not await self._still_valid(credential, store):
                break
        del self._watches[credential]
        for scope in watch.requests:
            scope.cancel()

    async def _still_valid(self, credential: Credential, store: KeyStore) -> bool:
        """Returns whether a credential is valid. A store that does not answer ends no request."""
        try:
            return await self._is_valid(credential, store)
        except Transient as error:
            log.info("key not read: %s", error)
            return True
