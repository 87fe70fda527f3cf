"""Adds to every response what protects it in a browser, and the id of its request."""

import re
import uuid

from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from functions.gateway.problems import answer_problem
from shared.runtime.log import log_context

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,100}")
"""Ids of requests that are echoed. Any other text is replaced, since it gets into the log."""
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Of every response that does not set them itself, as the pages of documentation do."""
HTTPS_HEADERS = {"Strict-Transport-Security": "max-age=31536000"}


class ResponseHeaders:
    """Also answers a bug with a problem, so that this response has the headers, too."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        request_id = id_of(request)
        added = {**HEADERS, "X-Request-Id": request_id}
        if request.url.scheme == "https":
            added |= HTTPS_HEADERS
        has_started = False

        async def send_with_headers(message: Message) -> None:
            nonlocal has_started
            if message["type"] == "http.response.start":
                has_started = True
                headers = MutableHeaders(scope=message)
                for name, value in added.items():
                    headers.setdefault(name, value)
            await send(message)

        with log_context(request_id=request_id):
            try:
                await self._app(scope, receive, send_with_headers)
            except Exception as error:
                if has_started:
                    raise
                answer = answer_problem(request, error)
                await answer(scope, receive, send_with_headers)


def id_of(request: Request) -> str:
    """Returns the request's own id, or a new one if it has none or none that may be logged."""
    sent = request.headers.get("X-Request-Id", "")
    if REQUEST_ID.fullmatch(sent):
        return sent
    return uuid.uuid4().hex
