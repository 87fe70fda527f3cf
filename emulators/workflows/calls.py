"""`http.*` calls: encodes, limits and times a request, and decodes its response."""

import asyncio
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import httpx

from emulators.workflows import limits
from emulators.workflows.errors import WorkflowError, failure
from emulators.workflows.operators import as_string
from emulators.workflows.slots import Slots
from emulators.workflows.values import Map, Value, to_json

TokenMaker = Callable[[str], str]
"""Returns the OIDC token for an audience."""

_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})
_OPEN_CONNECTIONS = 256
"""Most connections of all executions. Processes may usually open 1024 files."""


class HttpCalls:
    """Makes the HTTP calls of all executions, over shared connections and slots.

    `transport` replaces the network, for example in tests.
    """

    def __init__(
        self,
        slots: Slots,
        make_token: TokenMaker | None = None,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self._slots = slots
        self._make_token = make_token
        self._connections = asyncio.Semaphore(_OPEN_CONNECTIONS)
        # A stage may close an idle connection while it is used again. That would look
        # like a failed call.
        self._client = httpx.AsyncClient(
            timeout=None,
            trust_env=False,
            limits=httpx.Limits(max_keepalive_connections=0),
            transport=transport,
        )

    async def close(self) -> None:
        await self._client.aclose()

    async def request(
        self,
        execution: str,
        method: str,
        url: str,
        body: Value = None,
        headers: Map | None = None,
        query: Map | None = None,
        auth: Map | None = None,
        timeout: float = limits.HTTP_TIMEOUT_SECONDS,
    ) -> Map:
        """Returns the response as a map of code, headers and body.

        Raises an HttpError for a status of 400 or above.
        """
        if method not in _METHODS:
            raise failure("ValueError", f"http: unknown method {method!r}")
        if not 0 < timeout <= limits.HTTP_TIMEOUT_SECONDS_MAX:
            raise failure(
                "ValueError",
                f"http: timeout must be at most {limits.HTTP_TIMEOUT_SECONDS_MAX} seconds",
            )
        target = _url(url, query)
        sent = _headers(headers or {}) | self._authorization(url, auth or {})
        content = None if body is None else _encoded(body, sent)
        request = self._client.build_request(method, target, headers=sent, content=content)
        async with self._slots.take(_origin(target), execution), self._connections:
            try:
                async with asyncio.timeout(timeout):
                    return await self._answer(request)
            except TimeoutError as error:
                raise failure("TimeoutError", "request timed out") from error

    def _authorization(self, url: str, auth: Map) -> dict[str, str]:
        if auth.get("type") != "OIDC" or self._make_token is None:
            return {}
        return {"authorization": f"Bearer {self._make_token(auth.get('audience') or url)}"}

    async def _answer(self, request: httpx.Request) -> Map:
        try:
            response = await self._client.send(request, stream=True)
            try:
                return _result(response, await _limited(response))
            finally:
                await response.aclose()
        except httpx.ConnectError as error:
            raise _connection_error(
                "the connection failed", "ConnectionError", "ConnectionFailedError"
            ) from error
        except httpx.TransportError as error:
            raise _connection_error("the connection broke", "ConnectionError") from error


def _origin(url: httpx.URL) -> str:
    default_port = 443 if url.scheme == "https" else 80
    return f"{url.scheme}://{url.host}:{url.port or default_port}"


def _url(url: str, query: Map | None) -> httpx.URL:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise failure("ValueError", f"http: bad URL: {error}") from error
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise failure("ValueError", "http: a URL starts with http:// or https:// and a host")
    return parsed.copy_merge_params(_query(query)) if query else parsed


def _query(query: Map) -> dict[str, Any]:
    return {
        name: [as_string(item) for item in value] if isinstance(value, list) else as_string(value)
        for name, value in query.items()
    }


def _headers(headers: Map) -> dict[str, str]:
    if not all(isinstance(value, str) for value in headers.values()):
        raise failure("TypeError", "http: headers must be a map of strings")
    return {name.lower(): value for name, value in headers.items()}


def _encoded(body: Value, headers: dict[str, str]) -> bytes:
    """Returns the body, encoded as its Content-Type says. Adds that header if it is missing."""
    if "content-type" not in headers:
        is_bytes = isinstance(body, bytes)
        headers["content-type"] = (
            "application/octet-stream" if is_bytes else "application/json; charset=utf-8"
        )
    if isinstance(body, bytes):
        return body
    kind = _media_type(headers["content-type"])
    if kind == "application/x-www-form-urlencoded" and isinstance(body, dict):
        return urlencode(_query(body), doseq=True).encode()
    if isinstance(body, str) and kind != "application/json":
        return body.encode()
    return to_json(body).encode()


async def _limited(response: httpx.Response) -> bytes:
    content = bytearray()
    async for part in response.aiter_bytes():
        content += part
        if len(content) > limits.RESPONSE_BYTES:
            raise failure(
                "ResourceLimitError", f"the response is larger than {limits.RESPONSE_BYTES} bytes"
            )
    return bytes(content)


def _result(response: httpx.Response, content: bytes) -> Map:
    result = {
        "code": response.status_code,
        "headers": {_canonical(name): value for name, value in response.headers.items()},
        "body": _decoded(response, content),
    }
    if response.status_code >= 400:
        message = f"HTTP server responded with error code {response.status_code}"
        raise WorkflowError({"message": message, "tags": ["HttpError"], **result})
    return result


def _decoded(response: httpx.Response, content: bytes) -> Value:
    """Returns the decoded body: JSON for `application/json`, otherwise text, or bytes if not text.

    Like Workflows, it does not decode `+json` types.
    """
    if _media_type(response.headers.get("content-type", "")) == "application/json":
        try:
            return json.loads(content)
        except ValueError:
            return content.decode(errors="replace")  # empty, or not the JSON that its type promises
    try:
        return content.decode(response.charset_encoding or "utf-8")
    except (UnicodeDecodeError, LookupError):
        return content


def _media_type(content_type: str) -> str:
    return content_type.partition(";")[0].strip().lower()


def _canonical(name: str) -> str:
    """Returns `content-type` as `Content-Type`: Workflows writes response headers so."""
    return "-".join(part.capitalize() for part in name.split("-"))


def _connection_error(message: str, *tags: str) -> WorkflowError:
    return WorkflowError({"message": message, "tags": list(tags)})
