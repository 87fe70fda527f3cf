"""Finds where a request really came from, if proxies are in front of the gateway."""

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send


class TrustedProxies:
    """Replaces address and scheme of a connection by those that the trusted proxies report.

    Each proxy adds the address that it was called from to the end of X-Forwarded-For. What is
    before the addresses of the trusted ones may be made up by the client.
    """

    def __init__(self, app: ASGIApp, count: int) -> None:
        self._app = app
        self._count = count

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._count > 0:
            scope = self._as_reported(scope)
        await self._app(scope, receive, send)

    def _as_reported(self, scope: Scope) -> Scope:
        headers = Headers(scope=scope)
        forwarded = ",".join(headers.getlist("X-Forwarded-For"))
        addresses = [address.strip() for address in forwarded.split(",")]
        changes: dict[str, object] = {}
        if len(addresses) >= self._count:
            changes["client"] = (addresses[-self._count], 0)
        if headers.get("X-Forwarded-Proto") == "https":
            changes["scheme"] = "https"
        return {**scope, **changes}
