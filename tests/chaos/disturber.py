"""A proxy on the lines between the parts that refuses, delays, drops and tears requests at random.

    python -m tests.chaos.disturber --control P --seed N --line NAME=PORT=URL…

PUT /disturbed on the control port sets the share of the requests that are disturbed, by line; GET
tells what was done, what is in flight, and which refusals came from behind the lines. Only what
really happened to a request is counted.
"""

import argparse
import asyncio
import random
import socket
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

REFUSALS = (429, 500, 502, 503, 504)
DELAY = 3.0
KINDS = ("refuse", "delay", "drop", "tear_request", "tear_answer", "lose_answer")
EVENT_KINDS = (*KINDS, "swallow", "repeat")
"""An event may also be taken for delivered and be gone, or come twice."""
PUSH_KINDS = (*KINDS, "repeat")
"""A push may also come twice. What was answered with a status 2xx is delivered."""
HOP = {"connection", "keep-alive", "transfer-encoding", "host", "content-length"}


class Torn(Exception):
    """The connection ends in the middle."""


@dataclass(frozen=True)
class Line:
    name: str
    port: int
    url: str

    @property
    def kinds(self) -> tuple[str, ...]:
        kinds = {"events": EVENT_KINDS, "notify": PUSH_KINDS}
        return kinds.get(self.name, KINDS)


class Disturber:
    def __init__(self, lines: list[Line], seed: int) -> None:
        self.client = httpx.AsyncClient(
            timeout=600, limits=httpx.Limits(max_keepalive_connections=0)
        )
        self.lines = {line.port: line for line in lines}
        self.dice = {line.name: random.Random(f"{seed} {line.name}") for line in lines}
        self.rates: dict[str, float] = {}
        self.done: Counter[str] = Counter()
        self.in_flight: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.sessions = 0
        """Requests for a session of a resumable upload. Each may have opened one."""

    async def told(self, request: Request) -> Response:
        return JSONResponse(
            {
                "done": self.done,
                "in_flight": self.in_flight,
                "refused": self.refused,
                "sessions": {"asked": self.sessions},
            }
        )

    async def set_rates(self, request: Request) -> Response:
        self.rates = await request.json()
        return Response()

    async def handle(self, request: Request) -> Response:
        line = self.lines[request.scope["server"][1]]
        self.in_flight[line.name] += 1
        try:
            return await self.disturbed(request, line, self.kind(line))
        except httpx.TransportError:
            return cut_off()  # the part behind the line has been struck
        finally:
            self.in_flight[line.name] -= 1

    def kind(self, line: Line) -> str:
        dice = self.dice[line.name]
        return dice.choice(line.kinds) if dice.random() < self.rates.get(line.name, 0) else "none"

    async def disturbed(self, request: Request, line: Line, kind: str) -> Response:
        body = await request.body()
        if kind == "tear_request" and not body:
            kind = "drop"
        before = {
            "refuse": self.refuse,
            "drop": self.drop,
            "tear_request": self.tear,
            "swallow": self.swallow,
        }
        if kind in before:
            self.count(line, kind)
            return await before[kind](request, line, body)
        if kind == "delay":
            self.count(line, kind)
            await asyncio.sleep(self.dice[line.name].uniform(0, DELAY))
        answer = await self.forward(request, line, body)
        if kind == "repeat":
            self.count(line, kind)
            answer = await self.forward(request, line, body)
        return self.answered(line, kind, answer)

    def answered(self, line: Line, kind: str, answer: httpx.Response) -> Response:
        content = answer.content
        if answer.status_code >= 429:
            self.refused[f"{line.name}: {answer.status_code}"] += 1
        headers = {name: value for name, value in answer.headers.items() if name.lower() not in HOP}
        if kind == "lose_answer" or (kind == "tear_answer" and len(content) < 2):
            self.count(line, "lose_answer")
            return cut_off()
        if kind == "tear_answer":
            self.count(line, kind)
            half = torn(content[: len(content) // 2])
            return StreamingResponse(
                half, answer.status_code, {**headers, "content-length": str(len(content))}
            )
        return Response(content, answer.status_code, headers)

    def count(self, line: Line, kind: str) -> None:
        where = line.name if line.name in ("storage", "events", "notify") else "stage calls"
        self.done[f"{where}: {kind}"] += 1

    async def refuse(self, request: Request, line: Line, body: bytes) -> Response:
        return Response(status_code=self.dice[line.name].choice(REFUSALS))

    async def drop(self, request: Request, line: Line, body: bytes) -> Response:
        return cut_off()

    async def swallow(self, request: Request, line: Line, body: bytes) -> Response:
        return Response()

    async def tear(self, request: Request, line: Line, body: bytes) -> Response:
        """Send half of what was promised, then hang up."""
        server = httpx.URL(line.url)
        _, writer = await asyncio.open_connection(server.host, server.port)
        path = (request.scope["raw_path"] + query(request)).decode()
        kept = "".join(
            f"{name}: {value}\r\n"
            for name, value in request.headers.items()
            if name != "content-length"
        )
        head = f"{request.method} {path} HTTP/1.1\r\n{kept}content-length: {len(body)}\r\n\r\n"
        writer.write(head.encode("latin-1") + body[: len(body) // 2])
        await writer.drain()
        writer.close()
        return cut_off()

    async def forward(self, request: Request, line: Line, body: bytes) -> httpx.Response:
        self.sessions += asks_for_session(request)
        headers = [
            (name, value) for name, value in request.headers.raw if name.decode().lower() not in HOP
        ]
        url = httpx.URL(line.url).copy_with(raw_path=request.scope["raw_path"] + query(request))
        outgoing = httpx.Request(
            request.method, url, headers=[*headers, (b"host", host(request))], content=body
        )
        outgoing.headers["accept-encoding"] = "identity"
        return await self.client.send(outgoing)


def asks_for_session(request: Request) -> bool:
    return request.method == "POST" and request.query_params.get("uploadType") == "resumable"


def query(request: Request) -> bytes:
    return b"?" + request.scope["query_string"] if request.scope["query_string"] else b""


def host(request: Request) -> bytes:
    return request.headers["host"].encode()


def cut_off() -> Response:
    """An answer of which only the head arrives."""
    return StreamingResponse(torn(b""), headers={"content-length": "1000"})


async def torn(content: bytes) -> AsyncIterator[bytes]:
    yield content
    raise Torn


def bound(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    return listener


def routed(control: int, disturber: Disturber) -> Callable[..., Awaitable[None]]:
    """The control port has routes of its own; all that comes over a line is passed on."""
    told = [
        Route("/disturbed", disturber.told, methods=["GET"]),
        Route("/disturbed", disturber.set_rates, methods=["PUT"]),
    ]
    methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
    lines = [Route("/{path:path}", disturber.handle, methods=methods)]
    controls, passing = Starlette(routes=told), Starlette(routes=lines)

    async def app(scope: dict[str, object], receive: object, send: object) -> None:
        server = scope.get("server")
        chosen = controls if isinstance(server, tuple) and server[1] == control else passing
        await chosen(scope, receive, send)  # type: ignore[arg-type]

    return app


def line(text: str) -> Line:
    name, port, url = text.split("=", 2)
    return Line(name, int(port), url)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--control", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--line", type=line, action="append", required=True)
    asked = parser.parse_args(sys.argv[1:])
    app = routed(asked.control, Disturber(asked.line, asked.seed))
    config = uvicorn.Config(app, log_level="critical", access_log=False, lifespan="off")
    uvicorn.Server(config).run(
        [bound(port) for port in (asked.control, *(each.port for each in asked.line))]
    )


if __name__ == "__main__":
    main()
