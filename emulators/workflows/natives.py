"""Library functions that need the running execution: its environment, log, calls and time.

Those that wait may be called by a `call` step only, as in Workflows. The others may also be called
in expressions.
"""

import asyncio
import inspect
import time as clock
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from emulators.workflows import limits
from emulators.workflows.calls import HttpCalls
from emulators.workflows.errors import failure
from emulators.workflows.stdlib import time_parse
from emulators.workflows.values import Map, Number, Value


@dataclass(frozen=True)
class Context:
    """What an execution can reach outside itself."""

    execution: str
    environment: Mapping[str, str]
    http: HttpCalls
    log: Callable[[str, Value], None]
    """Called with the severity and the data of a `sys.log`."""


def get_env(context: Context, name: str, default: Value = None) -> Value:
    value = context.environment.get(name, default)
    if value is None:
        raise failure("KeyError", f"environment variable {name} is not set")
    return value


async def sleep(context: Context, seconds: Number) -> None:
    await asyncio.sleep(max(0.0, seconds))


async def sleep_until(context: Context, time: str) -> None:
    await asyncio.sleep(max(0.0, time_parse(time) - clock.time()))


async def log(
    context: Context,
    data: Value = None,
    severity: str = "DEFAULT",
    text: Value = None,
    json: Value = None,
) -> None:
    context.log(severity, next((item for item in (data, text, json) if item is not None), None))


async def request(
    context: Context,
    method: str,
    url: str,
    timeout: Number = limits.HTTP_TIMEOUT_SECONDS,
    body: Value = None,
    headers: Map | None = None,
    query: Map | None = None,
    auth: Map | None = None,
) -> Map:
    return await context.http.request(
        context.execution, method, url, body, headers, query, auth, timeout
    )


def _verb(method: str) -> Callable[..., Any]:
    async def call(
        context: Context,
        url: str,
        timeout: Number = limits.HTTP_TIMEOUT_SECONDS,
        body: Value = None,
        headers: Map | None = None,
        query: Map | None = None,
        auth: Map | None = None,
    ) -> Map:
        return await request(context, method, url, timeout, body, headers, query, auth)

    return call


NATIVES: dict[str, Callable[..., Any]] = {
    "http.delete": _verb("DELETE"),
    "http.get": _verb("GET"),
    "http.patch": _verb("PATCH"),
    "http.post": _verb("POST"),
    "http.put": _verb("PUT"),
    "http.request": request,
    "sys.get_env": get_env,
    "sys.log": log,
    "sys.sleep": sleep,
    "sys.sleep_until": sleep_until,
}
BLOCKING = frozenset(
    name for name, function in NATIVES.items() if inspect.iscoroutinefunction(function)
)
