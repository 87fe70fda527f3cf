"""The addresses by which clients call the same method, made one.

* `/resumable/upload/storage/v1/b/…` is in Google's discovery document beside `/upload/…`; gcloud
  uses it.
* `/b/…`, `/upload/b/…` and `/download/b/…`: Node's client leaves out `/storage/v1` if it finds the
  server by STORAGE_EMULATOR_HOST. No bucket can be named b or upload/b, so nothing else is meant.
"""

import re

from starlette.types import ASGIApp, Receive, Scope, Send

METHOD = re.compile(
    r"(?:/resumable(?=/upload/))?(?P<kind>/upload|/download)?(?:/storage/v1)?/b(?=/|$)"
)


class CanonicalPath:
    """Matches routes against one address per method, and against the path as it was sent: `%2F` in
    an object's name is no separator."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            scope["path"] = canonical(scope["raw_path"].decode("ascii"))
        await self.app(scope, receive, send)


def canonical(path: str) -> str:
    match = METHOD.match(path)
    if match is None:
        return path
    rest = path[match.end() :]
    return f"{match['kind'] or ''}/storage/v1/b{rest}"
