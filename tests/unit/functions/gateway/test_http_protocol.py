"""Requests that break the rules of HTTP are answered once, and are no fault of the gateway."""

import logging
import socket
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from functions.gateway.app import create_app
from shared.model.errors import BadRequest
from tests.support.api_server import serve

HEAD = b"POST /%b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
NO_CHUNK = b"zz\r\n"


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers before the body, after it, or, at /begun, in two parts with the body between."""

    async def two_parts() -> AsyncIterator[str]:
        yield "begun"
        await receive()
        yield "ended"

    answer: Response = Response("early", 401)
    if scope["path"] == "/late":
        await receive()
        answer = Response("late")
    if scope["path"] == "/begun":
        answer = StreamingResponse(two_parts())
    await answer(scope, receive, send)


def exchange(address: str, first: bytes, second: bytes) -> bytes:
    """Sends the first part, then, once an answer begins if there is a second, that one. Returns
    all that is answered."""
    parts = urlsplit(address)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=30) as client:
        client.sendall(first)
        answered = b""
        if second:
            answered = client.recv(1 << 16)
            client.sendall(second)
        while part := client.recv(1 << 16):
            answered += part
    return answered


@pytest.mark.parametrize(
    ("first", "second", "status"),
    [
        (HEAD % b"early" + NO_CHUNK, b"", b"400"),
        (HEAD % b"early", NO_CHUNK, b"401"),
        (HEAD % b"late" + NO_CHUNK, b"", b"400"),
        (HEAD % b"begun", NO_CHUNK, b"200"),
        (b"\x00\r\n\r\n", b"", b"400"),
    ],
    ids=["at once", "after the answer", "instead of the body", "within the answer", "no request"],
)
def test_a_violation_is_answered_once_and_is_no_error(
    caplog: pytest.LogCaptureFixture, first: bytes, second: bytes, status: bytes
) -> None:
    with serve(application) as address:
        answered = exchange(address, first, second)
    assert answered.startswith(b"HTTP/1.1 " + status)
    assert answered.count(b"HTTP/1.1 ") == 1
    assert [line.getMessage() for line in caplog.records if line.levelno >= logging.ERROR] == []


def test_a_body_with_two_lengths_is_refused_and_nothing_behind_it_is_read() -> None:
    body = b"0\r\n\r\n"
    framing = b"Transfer-Encoding: chunked\r\nContent-Length: %d\r\n\r\n" % len(body)
    smuggled = b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n"
    request = b"POST /api/v1/login HTTP/1.1\r\nHost: x\r\n" + framing + body + smuggled
    with serve(create_app()) as address:
        answered = exchange(address, request, b"")
    assert answered.startswith(b"HTTP/1.1 %d" % BadRequest.status)
    assert b"Send Content-Length or Transfer-Encoding, not both." in answered
    assert answered.count(b"HTTP/1.1 ") == 1
