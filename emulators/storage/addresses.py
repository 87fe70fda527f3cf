"""The addresses by which clients call the same method, made one.

* `/resumable/upload/storage/v1/b/…` is in Google's discovery document beside `/upload/…`; gcloud
  uses it.
* `/b/…`, `/upload/b/…` and `/download/b/…`: Node's client leaves out `/storage/v1` if it finds the
  server by STORAGE_EMULATOR_HOST. No bucket can be named b or upload/b, so nothing else is meant.
* `/storage/v1/b/` and `…/o/`: Google takes a slash after a collection, which R's client writes.
* `//storage/v1/…`, where the address of the server was given with a slash at its end.

A POST with X-HTTP-Method-Override is a request by the method that this header names. Java's client
sends PATCH so.
"""

import re
from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

METHOD = re.compile(
    r"(?:/resumable(?=/upload/))?(?P<kind>/upload|/download)?(?:/storage/v1)?/b(?=/|$)"
)
COLLECTION = re.compile(r"((?:/upload)?/storage/v1/b(?:/[^/]+/o)?)/")
OVERRIDDEN = {"DELETE", "PATCH", "PUT"}


class CanonicalPath:
    """Matches routes against one address per method, and against the path as it was sent: `%2F` in
    an object's name is no separator."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope["path"] = canonical(scope["raw_path"].decode("ascii"))
            scope["method"] = method(scope["method"], Headers(scope=scope))
        await self.app(scope, receive, send)


def canonical(sent: str) -> str:
    path = "/" + sent.lstrip("/")
    match = METHOD.match(path)
    if match is None:
        return path
    rest = path[match.end() :]
    address = f"{match['kind'] or ''}/storage/v1/b{rest}"
    collection = COLLECTION.fullmatch(address)
    return collection[1] if collection else address


def method(sent: str, headers: Mapping[str, str]) -> str:
    meant = headers.get("x-http-method-override", "").upper()
    return meant if sent == "POST" and meant in OVERRIDDEN else sent
