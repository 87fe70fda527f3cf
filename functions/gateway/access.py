"""Who sent a request, and what they may do.

A route names the scope that it needs by the type of a parameter:

    @router.get("/things")
    def list_things(caller: Reader) -> ...:

`KeyGate` has looked up the key before.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import APIKeyCookie, APIKeyHeader, HTTPBearer

from functions.gateway.credentials import COOKIE, MISSING
from shared.jobs.key_store import KeyRecord
from shared.model.api import Scope
from shared.model.errors import Forbidden, Unauthenticated


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


bearer = HTTPBearer(scheme_name="Bearer", bearerFormat="ds_...", auto_error=False)
api_key = APIKeyHeader(scheme_name="ApiKey", name="X-API-Key", auto_error=False)
session = APIKeyCookie(scheme_name="Session", name=COOKIE, auto_error=False)
"""How the OpenAPI document declares keys. `KeyGate` is what checks them."""


async def key_of(
    request: Request,
    declared_bearer: Annotated[object, Depends(bearer)],
    declared_key: Annotated[object, Depends(api_key)],
    declared_session: Annotated[object, Depends(session)],
) -> KeyRecord:
    """Returns the key with which a request was sent. Raises Unauthenticated."""
    key: KeyRecord | None = getattr(request.state, "key", None)
    if key is None:
        raise Unauthenticated(MISSING)
    return key


Holder = Annotated[KeyRecord, Depends(key_of)]
"""Type of a route's parameter that is the key of the request, whatever its scopes."""


def needs(*scopes: Scope) -> Callable[..., Awaitable[Caller]]:
    """Returns the dependency of routes that need all of these scopes."""

    async def caller(key: Holder) -> Caller:
        for scope in scopes:
            if scope not in key.scopes:
                raise Forbidden(f"The key lacks the scope '{scope}'.")
        return Caller(key.key_id, frozenset(key.scopes), key.folder)

    return caller


Reader = Annotated[Caller, Depends(needs("read"))]
"""Type of a route's parameter that is the caller, who may see jobs and answers."""
Writer = Annotated[Caller, Depends(needs("write"))]
"""The caller, who may upload, run again and cancel."""
Transcriber = Annotated[Caller, Depends(needs("write", "read"))]
"""The caller, who may upload and see answers, in one request."""
Eraser = Annotated[Caller, Depends(needs("erase"))]
"""The caller, who may erase."""
Admin = Annotated[Caller, Depends(needs("admin"))]
"""The caller, who may make and revoke keys."""
WebhookAdmin = Annotated[Caller, Depends(needs("admin", "read"))]
"""The caller, who may make webhooks. They are sent what a reader may see, so both are needed."""
