"""Counts the requests that are refused, for the operator: a key that is wrong or may not do this, a
body that is too large, and too many requests.

The counts are those of one process, since it was started.
"""

from collections import Counter
from typing import Annotated

from fastapi import Depends, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

REASONS = {
    401: "unauthenticated",
    403: "forbidden",
    413: "body_too_large",
    429: "too_many_requests",
}
"""Why a request is refused, by the status of its response."""


class RefusalCounter:
    """Counts the responses that refuse a request, whatever part of the gateway gives them."""

    def __init__(self, app: ASGIApp, counts: Counter[str]) -> None:
        self._app = app
        self._counts = counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                reason = REASONS.get(message["status"])
                if reason is not None:
                    self._counts[reason] += 1
            await send(message)

        await self._app(scope, receive, send_counted)


def refusals_of(request: Request) -> dict[str, int]:
    """Returns how many requests were refused for each reason."""
    counts: Counter[str] = request.app.state.refusals
    return {reason: counts[reason] for reason in REASONS.values()}


InRefusals = Annotated[dict[str, int], Depends(refusals_of)]
