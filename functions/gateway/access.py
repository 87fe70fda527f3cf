"""Who sent a request, and what they may do.

`KeyGate` stands before the routes: it refuses a request without a valid key before any of its body
is read, whatever its path, unless the path is public. A route names the scope that it needs by the
type of a parameter:

    @router.get("/things")
    def list_things(caller: Reader) -> ...:
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, cast

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from fastapi import Depends, FastAPI, Request
from fastapi.security import APIKeyCookie, APIKeyHeader, HTTPBearer
from starlette.types import ASGIApp, Receive, Send
from starlette.types import Scope as Connection

from functions.gateway.credentials import COOKIE, credential_of, refuse_key_in_url
from functions.gateway.deployment import Deployment, deployment
from functions.gateway.key_cache import KeyCache, UseRecorder
from functions.gateway.problems import answer_problem
from shared.jobs.key_store import KeyRecord
from shared.model.api import Scope
from shared.model.errors import Forbidden, StageError, Unauthenticated

PUBLIC = (
    "/health",
    "/health/live",
    "/health/ready",
    "/docs",
    "/redoc",
    "/openapi.json",
    "/api/v1/login",
)
"""Paths that need no key. All others do, also those that do not exist."""
PUBLIC_FOLDER = "/docs/"
LOOKUP_THREADS = 8
"""Threads that look up keys, of their own so that requests which wait hold up no other request."""


# Before the routes


class KeyGate:
    """Refuses requests without a valid key, and gives the others their key."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._cache = KeyCache()
        self._uses = UseRecorder()
        self._threads = CapacityLimiter(LOOKUP_THREADS)

    async def __call__(self, scope: Connection, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            request = Request(scope)
            try:
                await self._admit(request)
            except StageError as error:
                answer = answer_problem(request, error)
                await answer(scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _admit(self, request: Request) -> None:
        """Give the request its key. Raises the StageError with which it is refused."""
        path = request.url.path
        refuse_key_in_url(path, request.scope["query_string"])
        if path in PUBLIC or path.startswith(PUBLIC_FOLDER):
            return
        is_https = request.url.scheme == "https"
        credential = credential_of(request.headers, is_https=is_https)
        if credential is None:
            raise Unauthenticated("Send a key as 'Authorization: Bearer' or as 'X-API-Key'.")
        store = stores_of(request).keys
        key = self._cache.kept(credential)
        if key is None:
            key = await run_sync(self._cache.look_up, credential, store, limiter=self._threads)
        if key is None or not key.is_valid(store.now()):
            raise Unauthenticated("The key is not known, was revoked or has expired.")
        self._uses.record(key, store)
        request.state.key = key


def stores_of(request: Request) -> Deployment:
    """Returns the stores that the routes use, as a test may have replaced them."""
    app = cast(FastAPI, request.scope["app"])
    make = app.dependency_overrides.get(deployment, deployment)
    return cast(Deployment, make())


# In the routes


@dataclass(frozen=True)
class Caller:
    """A valid key, and what it may do."""

    key_id: str
    scopes: frozenset[Scope]
    folder: str
    """Folder of the inbox that the key is confined to, with "/" at its end. Empty: all of it."""

    def may_see(self, name: str) -> bool:
        """Returns whether an object's name is in the key's folder."""
        return name.startswith(self.folder)


async def key_of(request: Request) -> KeyRecord:
    """Returns the key with which a request was sent. Raises Unauthenticated."""
    key: KeyRecord | None = getattr(request.state, "key", None)
    if key is None:
        raise Unauthenticated("Send a key as 'Authorization: Bearer' or as 'X-API-Key'.")
    return key


bearer = HTTPBearer(scheme_name="Bearer", bearerFormat="ds_...", auto_error=False)
api_key = APIKeyHeader(scheme_name="API key", name="X-API-Key", auto_error=False)
session = APIKeyCookie(scheme_name="Session", name=COOKIE, auto_error=False)
"""How the OpenAPI document declares keys. `KeyGate` is what checks them."""


def needs(scope: Scope) -> Callable[..., Awaitable[Caller]]:
    """Returns the dependency of routes that need a scope."""

    async def caller(
        key: Annotated[KeyRecord, Depends(key_of)],
        declared_bearer: Annotated[object, Depends(bearer)],
        declared_key: Annotated[object, Depends(api_key)],
        declared_session: Annotated[object, Depends(session)],
    ) -> Caller:
        if scope not in key.scopes:
            raise Forbidden(f"The key lacks the scope '{scope}'.")
        return Caller(key.key_id, frozenset(key.scopes), key.folder)

    return caller


Reader = Annotated[Caller, Depends(needs("read"))]
"""Type of a route's parameter that is the caller, who may see jobs and answers."""
Writer = Annotated[Caller, Depends(needs("write"))]
"""The caller, who may upload, run again and cancel."""
Eraser = Annotated[Caller, Depends(needs("erase"))]
"""The caller, who may erase."""
Admin = Annotated[Caller, Depends(needs("admin"))]
"""The caller, who may make and revoke keys."""
