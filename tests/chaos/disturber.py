"""A proxy between the functions and the bucket server that refuses, delays, drops and tears requests at random.

    python -m tests.chaos.disturber --port P --server URL --seed N --rate 0.05

It writes what it did, by kind, to GET /disturbed.
"""

import argparse
import asyncio
import random
import sys
from collections import Counter
from collections.abc import AsyncIterator

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

REFUSALS = (429, 500, 503, 504)
DELAY = 3.0
KINDS = ("refuse", "delay", "drop", "tear_request", "tear_answer", "lose_answer")
HOP = {"connection", "keep-alive", "transfer-encoding", "host", "content-length"}


class Torn(Exception):
    """The connection ends in the middle."""


class Disturber:
    def __init__(self, server: str, seed: int, rate: float) -> None:
        self.client = httpx.AsyncClient(base_url=server, timeout=60, limits=httpx.Limits(max_keepalive_connections=0))
        self.dice, self.rate = random.Random(seed), rate
        self.done: Counter[str] = Counter()
        self.in_flight = 0

    async def told(self, request: Request) -> Response:
        return JSONResponse({"done": self.done, "in_flight": self.in_flight})

    async def set_rate(self, request: Request) -> Response:
        self.rate = float((await request.body()).decode())
        return Response()

    async def handle(self, request: Request) -> Response:
        self.in_flight += 1
        try:
            kind = self.dice.choice(KINDS) if self.dice.random() < self.rate else "none"
            return await self.disturbed(request, kind)
        finally:
            self.in_flight -= 1

    async def disturbed(self, request: Request, kind: str) -> Response:
        self.done[kind] += 1
        if kind == "refuse":
            return Response(status_code=self.dice.choice(REFUSALS))
        if kind == "delay":
            await asyncio.sleep(self.dice.uniform(0, DELAY))
        if kind == "drop":
            return cut_off()
        body = await request.body()
        if kind == "tear_request" and body:
            await self.half(request, body)
            return cut_off()
        answer = await self.forward(request, body)
        if kind == "lose_answer":
            return cut_off()
        content = answer.content
        headers = {name: value for name, value in answer.headers.items() if name.lower() not in HOP}
        if kind == "tear_answer" and len(content) > 1:
            return StreamingResponse(
                torn(content[: len(content) // 2]), answer.status_code, {**headers, "content-length": str(len(content))}
            )
        return Response(content, answer.status_code, headers)

    async def forward(self, request: Request, body: bytes) -> httpx.Response:
        headers = [(name, value) for name, value in request.headers.raw if name.decode().lower() not in HOP]
        url = httpx.URL(self.client.base_url, raw_path=request.scope["raw_path"] + query(request))
        outgoing = httpx.Request(request.method, url, headers=[*headers, (b"host", host(request))], content=body)
        outgoing.headers["accept-encoding"] = "identity"
        return await self.client.send(outgoing)

    async def half(self, request: Request, body: bytes) -> None:
        """Send half of what was promised, then hang up."""
        server = self.client.base_url
        _, writer = await asyncio.open_connection(server.host, server.port)
        path = (request.scope["raw_path"] + query(request)).decode()
        kept = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items() if name != "content-length")
        head = f"{request.method} {path} HTTP/1.1\r\n{kept}content-length: {len(body)}\r\n\r\n"
        writer.write(head.encode("latin-1") + body[: len(body) // 2])
        await writer.drain()
        writer.close()


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


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--server", required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--rate", type=float, required=True)
    asked = parser.parse_args(sys.argv[1:])
    disturber = Disturber(asked.server, asked.seed, asked.rate)
    routes = [
        Route("/disturbed", disturber.told, methods=["GET"]),
        Route("/disturbed", disturber.set_rate, methods=["PUT"]),
        Route("/{path:path}", disturber.handle, methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]),
    ]
    uvicorn.run(Starlette(routes=routes), host="127.0.0.1", port=asked.port, log_level="critical", access_log=False)


if __name__ == "__main__":
    main()
