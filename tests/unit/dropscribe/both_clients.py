"""Runs the same test with `Client` and with `AsyncClient`."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx

from dropscribe import AsyncClient, Client

Handler = Callable[[httpx.Request], httpx.Response]
KEY = "ds_secret"
URL = "https://dropscribe.example"
YIELDING = ("jobs", "costs", "deliveries", "events", "follow")
"""Methods that yield their results."""


def no_identity(audience: str) -> str:
    raise AssertionError("no identity token is needed")


@dataclass
class Caller:
    """Calls a method of a client by its name. Remembers the requests and the pauses."""

    kind: str
    requests: list[httpx.Request] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    url: str = URL
    identity: Callable[[str], str] = no_identity

    def call(self, handler: Handler, method: str, *arguments: Any, **named: Any) -> Any:
        """Returns what the method returns. A list, if it yields."""

        def handle(request: httpx.Request) -> httpx.Response:
            self.requests.append(request)
            return handler(request)

        transport = httpx.MockTransport(handle)
        if self.kind == "Client":
            with Client(
                self.url,
                KEY,
                identity=self.identity,
                transport=transport,
                sleep=self.pauses.append,
            ) as client:
                result = getattr(client, method)(*arguments, **named)
                return list(result) if method in YIELDING else result
        return asyncio.run(self._call_async(transport, method, arguments, named))

    async def _call_async(
        self,
        transport: httpx.MockTransport,
        method: str,
        arguments: tuple[Any, ...],
        named: dict[str, Any],
    ) -> Any:
        async def sleep(seconds: float) -> None:
            self.pauses.append(seconds)

        async with AsyncClient(
            self.url, KEY, identity=self.identity, transport=transport, sleep=sleep
        ) as client:
            result = getattr(client, method)(*arguments, **named)
            if method in YIELDING:
                return [item async for item in result]
            return await result

    @property
    def last(self) -> httpx.Request:
        return self.requests[-1]
