"""Refuses requests that no client of the API sends: foreign hosts, odd paths, huge bodies."""

import asyncio
import re
import time

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from functions.gateway.problems import answer_problem
from shared.model.edits import MAX_EDITS_BYTES
from shared.model.errors import BadRequest, BodyTooLarge, NotFound, StageError, WrongHost

MAX_BODY = 256 * 1024
"""Bytes of most requests' bodies. Options have at most 64 KiB."""
MAX_SILENCE = 60.0
"""Seconds without a byte of a body after which it is given up."""
SLOWEST = 1000
"""Bytes per second of a body that prolong its time as much as it takes. So a client that sends a
byte now and then gains little."""
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
"""All other paths of the API. None has an encoded character, so that no two spellings of a path
differ for a proxy and for the gateway."""
MODEL_PATH = re.compile(
    rb"/v1/models/(?:[A-Za-z0-9_.~!$&'()*+,;=:@/-]|%[2-6][0-9A-Fa-f]|%7[0-9A-Ea-e])+"
)
"""Paths that end with the name of a model, in ASCII. OpenAI's clients encode a slash of it."""
DOTS = re.compile(rb"/[.]+(/|$)")
LENGTH = re.compile(r"[0-9]{1,20}")
"""A body's length. Python refuses to read numbers of thousands of digits."""


class TimedBody:
    """The parts of a request's body, which is given up if it stops or is sent too slowly.

    Waiting for a part uses up seconds of silence, and each byte gives some of them back. Time in
    which the body is not asked for does not count.
    """

    def __init__(self, receive: Receive, max_silence: float) -> None:
        self.received = 0
        """Bytes."""
        self._receive = receive
        self._max_silence = max_silence
        self._left = max_silence

    async def __call__(self) -> Message:
        """Returns the next part. Raises BadRequest if it does not arrive in time."""
        started = time.monotonic()
        try:
            async with asyncio.timeout(self._left):
                message = await self._receive()
        except TimeoutError as error:
            raise BadRequest(
                f"Less than {SLOWEST} bytes per second of the body arrived "
                f"for {self._max_silence:g} seconds."
            ) from error
        waited = time.monotonic() - started
        size = len(message.get("body", b""))
        self.received += size
        self._left = min(self._max_silence, self._left - waited + size / SLOWEST)
        return message


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
                check_framing(request)
            except StageError as error:
                answer = answer_problem(request, error)
                if isinstance(error, BadRequest):
                    answer.headers["Connection"] = "close"  # nobody knows where the next one begins
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
    is_plain = PLAIN_PATH.fullmatch(raw) is not None
    is_of_model = MODEL_PATH.fullmatch(raw) is not None
    decoded = scope["path"].encode()
    if not (is_plain or is_of_model) or DOTS.search(decoded):
        raise NotFound("There is no such path.")


def check_framing(request: Request) -> None:
    """Raises BadRequest for a body of which two programs may see the end at different places. A
    proxy might take a further request behind it for a part of the body."""
    if "Transfer-Encoding" in request.headers and "Content-Length" in request.headers:
        raise BadRequest("Send Content-Length or Transfer-Encoding, not both.")


def is_length_over(request: Request, limit: int) -> bool:
    """Returns whether a request says that its body is longer than the limit, or says it in a way
    that cannot be read."""
    length = request.headers.get("Content-Length", "0")
    if LENGTH.fullmatch(length) is None:
        return True
    return int(length) > limit


class BodyLimit:
    """Refuses bodies that are too large: at once if the length is given, else when it is
    reached. Gives up one that does not go on."""

    def __init__(self, app: ASGIApp, max_silence: float = MAX_SILENCE) -> None:
        self._app = app
        self._max_silence = max_silence

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in STREAMED:
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        limit = MAX_EDITS_BYTES if EDITS_PATH.fullmatch(scope["path"]) else MAX_BODY
        if is_length_over(request, limit):
            error = BodyTooLarge(f"The limit is {limit} bytes.")
            answer = answer_problem(request, error)
            await answer(scope, receive, send)
            return
        body = TimedBody(receive, self._max_silence)
        has_ended = False

        async def receive_within_limit() -> Message:
            """Returns the next part of the body, and after it the client's farewell."""
            nonlocal has_ended
            if has_ended:
                return await receive()
            try:
                message = await body()
            except BadRequest as error:
                raise HTTPException(error.status, str(error)) from error
            if body.received > limit:
                raise HTTPException(BodyTooLarge.status)  # FastAPI passes on no other exception
            has_ended = not message.get("more_body", False)
            return message

        await self._app(scope, receive_within_limit, send)
