"""Refuses a request without a valid key before its body is read and before any route sees it,
unless its path is public."""

import logging
from typing import cast

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import FastAPI, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from functions.gateway.credentials import (
    INVALID,
    Credential,
    credential_of,
    may_be_basic,
    refuse_key_in_url,
)
from functions.gateway.deployment import Deployment, deployment
from functions.gateway.key_cache import KeyCache, UseRecorder
from functions.gateway.limits import address_of, limits_of
from functions.gateway.problems import answer_problem
from functions.gateway.request_watch import RequestWatch
from functions.gateway.same_origin import refuse_other_pages, require_own_page
from shared.jobs.key_store import KeyRecord, KeyStore
from shared.model.errors import StageError, Unauthenticated

log = logging.getLogger(__name__)

PUBLIC = (
    "/",
    "/health",
    "/health/live",
    "/health/ready",
    "/docs",
    "/redoc",
    "/openapi.json",
    "/status",
    "/api/v1/login",
    "/api/v1/logout",
)
"""Paths that need no key. All others do, also those that do not exist."""
PUBLIC_FOLDERS = ("/docs/", "/page/")
LOOKUP_THREADS = 8
"""Threads that look up keys, of their own so that requests which wait hold up no other request."""


class KeyGate:
    """Refuses requests without a valid key, and gives the others their key. Ends requests whose key
    becomes invalid."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._cache = KeyCache()
        self._uses = UseRecorder()
        self._threads = CapacityLimiter(LOOKUP_THREADS)
        self._watch = RequestWatch(self._is_valid)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        try:
            credential = await self._admit(request)
        except StageError as error:
            answer = answer_problem(request, error)
            await answer(scope, receive, send)
            return
        if credential is None:
            await self._app(scope, receive, send)
        else:
            await self._run_while_valid(credential, request, receive, send)

    async def _run_while_valid(
        self, credential: Credential, request: Request, receive: Receive, send: Send
    ) -> None:
        """Answer a request. If its key becomes invalid meanwhile, it is refused like any other, or,
        if its answer has begun, the connection is closed in the middle of it."""
        has_begun = False

        async def send_noted(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        store = stores_of(request).keys
        with self._watch.while_valid(credential, store) as running:
            await self._app(request.scope, receive, send_noted)
        if not running.cancelled_caught:
            return
        log.info("request ended because its key is not valid any more")
        if not has_begun:
            answer = answer_problem(request, Unauthenticated(INVALID))
            await answer(request.scope, receive, send)

    async def _admit(self, request: Request) -> Credential | None:
        """Give the request its key. Returns its credential, or None if it needs none.

        Raises the StageError with which it is refused.
        """
        path = request.url.path
        refuse_key_in_url(path, request.scope["query_string"])
        if path in PUBLIC or path.startswith(PUBLIC_FOLDERS):
            return None
        is_https = request.url.scheme == "https"
        credential = credential_of(request.headers, path, is_https=is_https)
        store = stores_of(request).keys
        key = await self._find(credential, store, request)
        limits = limits_of(request)
        limits.requests.check(key.key_id)
        limits.requests.count(key.key_id)
        if credential.kind == "session":
            require_own_page(request)
        elif may_be_basic(request.headers, path):
            refuse_other_pages(request)
        self._uses.record(key, store)
        request.state.key = key
        request.state.credential = credential
        return credential

    async def _find(self, credential: Credential, store: KeyStore, request: Request) -> KeyRecord:
        """Returns the valid key of a credential. Raises Unauthenticated.

        An address that sent many wrong keys gets no more lookups of keys that this process does not
        know: TooManyRequests. Others at the same address go on.
        """
        address = address_of(request)
        wrong_keys = limits_of(request).wrong_keys
        if not self._cache.knows(credential):
            wrong_keys.check(address)
        key = await self._look_up(credential, store)
        if key is None:
            wrong_keys.count(address)
            raise Unauthenticated(INVALID)
        return key

    async def _look_up(self, credential: Credential, store: KeyStore) -> KeyRecord | None:
        """Returns the valid key of a credential, as it was within the last second, or None. Raises
        JobStoreUnavailable."""
        key = self._cache.kept(credential)
        if key is None:
            key = await run_sync(self._cache.look_up, credential, store, limiter=self._threads)
        if key is None or not key.is_valid(store.now()):
            return None
        return key

    async def _is_valid(self, credential: Credential, store: KeyStore) -> bool:
        return await self._look_up(credential, store) is not None


def stores_of(request: Request) -> Deployment:
    """Returns the stores that the routes use, as a test may have replaced them."""
    app = cast(FastAPI, request.scope["app"])
    make = app.dependency_overrides.get(deployment, deployment)
    return cast(Deployment, make())
