"""Refuses requests that no client of the API sends: foreign hosts, odd paths, huge bodies."""

import re

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from functions.gateway.problems import answer_problem
from shared.model.edits import MAX_EDITS_BYTES
from shared.model.errors import BodyTooLarge, NotFound, StageError, WrongHost

MAX_BODY = 256 * 1024
"""Bytes of most requests' bodies. Options have at most 64 KiB."""
STREAMED = (
    "/api/v1/jobs/upload",
    "/v1/audio/transcriptions",
    "/v1/audio/translations",
    "/asr",
    "/detect-language",
)
"""Paths whose routes read the body in parts, and limit it themselves."""
EDITS_PATH = re.compile(r"/api/v1/jobs/[0-9a-f]{20}/edits")
"""Paths whose bodies may be large, and are read as a whole."""
PLAIN_PATH = re.compile(rb"(/[A-Za-z0-9_.-]+)*/?")
"""All paths of the API. None has an encoded character, so that no two spellings of a path differ
for a proxy and for the gateway."""
DOTS = re.compile(rb"/[.]+(/|$)")


class RequestChecks:
    """Refuses a request before a key is looked up. `hosts` are the names that the gateway has;
    empty: any."""

    def __init__(self, app: ASGIApp, hosts: tuple[str, ...]) -> None:
        self._app = app
        self._hosts = frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            request = Request(scope)
            try:
                self._check_host(request)
                check_path(scope)
            except StageError as error:
                answer = answer_problem(request, error)
                await answer(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _check_host(self, request: Request) -> None:
        """A page of another name that leads to this address must not reach the gateway."""
        if not self._hosts:
            return
        host = request.headers.get("Host", "")
        without_port = re.sub(r":[0-9]*$", "", host)
        if without_port not in self._hosts:
            raise WrongHost("The gateway has another name.")


def check_path(scope: Scope) -> None:
    """Raises NotFound for a path that no route can have."""
    raw = scope.get("raw_path") or scope["path"].encode()
    if PLAIN_PATH.fullmatch(raw) is None or DOTS.search(raw):
        raise NotFound("There is no such path.")


class BodyLimit:
    """Refuses bodies that are too large: at once if the length is given, else when it is
    reached."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in STREAMED:
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        limit = MAX_EDITS_BYTES if EDITS_PATH.fullmatch(scope["path"]) else MAX_BODY
        length = request.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > limit:
            error = BodyTooLarge(f"The limit is {limit} bytes.")
            answer = answer_problem(request, error)
            await answer(scope, receive, send)
            return
        received = 0

        async def receive_within_limit() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise HTTPException(BodyTooLarge.status)  # FastAPI passes on no other exception
            return message

        await self._app(scope, receive_within_limit, send)
