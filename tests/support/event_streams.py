"""Server-sent events of an ASGI application, which a test reads one by one or stops reading."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp, Message


@dataclass
class Sent:
    """One event as it was sent."""

    name: str
    id: str
    data: dict[str, Any]
    retry: str


@dataclass
class EventStream:
    """A request for events, and what was sent to it so far."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    text: str = ""
    """What was sent and is no event yet, or is no stream."""
    comments: list[str] = field(default_factory=list)
    reads: asyncio.Event = field(default_factory=asyncio.Event)
    """Unset: the client reads nothing, and the server cannot send."""
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)
    _events: list[Sent] = field(default_factory=list)
    _is_over: bool = False
    _gone: asyncio.Event = field(default_factory=asyncio.Event)

    def disconnect(self) -> None:
        self._gone.set()

    async def opened(self) -> None:
        """Return when the status is known."""
        async with self._news:
            await self._news.wait_for(lambda: self.status or self._is_over)

    async def event(self) -> Sent | None:
        """Returns the next event, or None at the end of the stream."""
        async with self._news:
            await self._news.wait_for(lambda: self._events or self._is_over)
        return self._events.pop(0) if self._events else None

    async def rest(self) -> list[Sent]:
        """Returns all further events, once the stream is at its end."""
        found = []
        while (event := await self.event()) is not None:
            found.append(event)
        return found

    async def comment(self) -> str:
        """Returns the next comment."""
        async with self._news:
            await self._news.wait_for(lambda: self.comments)
        return self.comments.pop(0)

    # What the application calls

    async def receive(self) -> Message:
        if not self._gone.is_set() and not self.status:
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        await self.reads.wait()
        async with self._news:
            if message["type"] == "http.response.start":
                self.status = message["status"]
                self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            else:
                self._add(message.get("body", b"").decode())
                self._is_over = not message.get("more_body", False)
            self._news.notify_all()

    async def end(self) -> None:
        """Has the request be at its end, whether the response is whole or not."""
        async with self._news:
            self._is_over = True
            self._news.notify_all()

    def _add(self, text: str) -> None:
        *blocks, self.text = (self.text + text).split("\n\n")
        for block in blocks:
            fields = dict(line.split(": ", 1) for line in block.splitlines())
            if "" in fields:
                self.comments.append(fields[""])
            if "data" in fields:
                data = json.loads(fields["data"])
                sent = Sent(fields["event"], fields["id"], data, fields.get("retry", ""))
                self._events.append(sent)


@asynccontextmanager
async def event_stream(
    app: ASGIApp, path: str, headers: Mapping[str, str]
) -> AsyncIterator[EventStream]:
    """Gives the answer to a GET request, whose client goes away at the end of the block."""
    stream = EventStream()
    stream.reads.set()

    async def request() -> None:
        try:
            await app(scope_of(path, headers), stream.receive, stream.send)
        finally:
            await stream.end()

    task = asyncio.create_task(request())
    await stream.opened()
    try:
        yield stream
    finally:
        stream.disconnect()
        await task


def scope_of(path: str, headers: Mapping[str, str]) -> dict[str, Any]:
    """Returns a request as a server hands it to the application."""
    sent = {"host": "gateway", **headers}
    encoded = [(name.lower().encode(), value.encode()) for name, value in sent.items()]
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "GET",
        "headers": encoded,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "server": ("gateway", 80),
        "client": ("127.0.0.1", 1),
        "root_path": "",
    }
