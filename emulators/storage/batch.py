"""The batch endpoint: many small requests in one multipart/mixed body
(cloud.google.com/storage/docs/batch)."""

import uuid
from email.message import Message
from email.parser import BytesParser
from http import HTTPStatus

import httpx
from starlette.requests import Request
from starlette.responses import Response

from emulators.storage.errors import Invalid
from emulators.storage.store import base_url

MOST_CALLS = 100
CARRIED = ("content-type", "if-", "x-goog-")
"""Headers of an inner request that are forwarded begin with these."""
ONLY = "/storage/v1/"
"""Paths of inner requests begin with it: a batch has no uploads, downloads or batches."""


async def batch(request: Request) -> Response:
    content_type = request.headers.get("content-type", "").encode()
    message = BytesParser().parsebytes(
        b"Content-Type: " + content_type + b"\r\n\r\n" + await request.body()
    )
    calls = message.get_payload()
    if not isinstance(calls, list) or len(calls) > MOST_CALLS:
        raise Invalid(f"A batch is a multipart/mixed body of at most {MOST_CALLS} requests.")
    transport = httpx.ASGITransport(request.app)
    async with httpx.AsyncClient(transport=transport, base_url=base_url(request)) as client:
        answers = [await answer(client, call) for call in calls if isinstance(call, Message)]
    boundary = f"batch_{uuid.uuid4().hex}"
    body = b"".join(b"--" + boundary.encode() + b"\r\n" + part + b"\r\n" for part in answers)
    body += b"--" + boundary.encode() + b"--\r\n"
    return Response(body, media_type=f"multipart/mixed; boundary={boundary}")


async def answer(client: httpx.AsyncClient, call: Message) -> bytes:
    response = await client.send(inner_request(client, raw_payload(call)))
    number = call.get("Content-ID", "").strip("<>")
    head = [
        "Content-Type: application/http",
        f"Content-ID: <response-{number}>",
        "",
        f"HTTP/1.1 {response.status_code} {HTTPStatus(response.status_code).phrase}",
        *(f"{key}: {value}" for key, value in response.headers.items()),
        "",
        "",
    ]
    return "\r\n".join(head).encode() + response.content


def raw_payload(message: Message) -> bytes:
    """Returns the bytes of a part as they were sent: its text may be in UTF-8."""
    payload = message.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def inner_request(client: httpx.AsyncClient, part: bytes) -> httpx.Request:
    line, _, rest = part.lstrip().partition(b"\n")
    try:
        method, target, _ = line.decode("ascii").split()
        url = httpx.URL(target)
    except (ValueError, httpx.InvalidURL) as error:
        raise Invalid("A part of the batch is no HTTP request.") from error
    if not url.raw_path.startswith(ONLY.encode()):
        raise Invalid(f"Only requests to {ONLY} come in batches.")
    message = BytesParser().parsebytes(rest)
    headers = {key: value for key, value in message.items() if key.lower().startswith(CARRIED)}
    body = raw_payload(message)
    return client.build_request(method, url.raw_path.decode(), headers=headers, content=body)
